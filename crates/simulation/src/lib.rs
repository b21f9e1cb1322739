//! Plays a person's year in virtual time, and a fleet's day: how often a policy signs people out
//! that it need not have, what it hands out that is dead, and how often it asks its server.
