// Plain names for what a JWT may hold (RFC 7519 section 4.1, RFC 7515 section 4.1, RFC 9068).
import { m } from '../paraglide/messages.js';

const NAMES: Record<string, () => string> = {
  alg: m.claim_alg,
  aud: m.claim_aud,
  auth_time: m.claim_auth_time,
  client_id: m.claim_client_id,
  email: m.claim_email,
  exp: m.claim_exp,
  iat: m.claim_iat,
  iss: m.claim_iss,
  jti: m.claim_jti,
  kid: m.claim_kid,
  name: m.claim_name,
  nbf: m.claim_nbf,
  preferred_username: m.claim_username,
  roles: m.claim_roles,
  scope: m.claim_scope,
  session_expires_at: m.claim_session_expires_at,
  sid: m.claim_sid,
  sub: m.claim_sub,
  typ: m.claim_typ,
  username: m.claim_username,
};

/** `null`: a member that only its server knows the meaning of. */
export function claimName(name: string): string | null {
  return Object.hasOwn(NAMES, name) ? (NAMES[name]?.() ?? null) : null;
}
