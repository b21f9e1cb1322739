//! Facts about the models of others. Each names the rule of the source that it models; a model that
//! strays from its source strays from one of these.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests fail as tests do, and are not recognised as such"
)]

#[path = "policies/article.rs"]
mod article;
#[path = "policies/aws.rs"]
mod aws;
#[path = "policies/desk.rs"]
mod desk;
#[path = "policies/keycloak_js.rs"]
mod keycloak_js;
#[path = "policies/oidc_client_ts.rs"]
mod oidc_client_ts;
#[path = "policies/stopping.rs"]
mod stopping;
#[path = "policies/supabase.rs"]
mod supabase;
