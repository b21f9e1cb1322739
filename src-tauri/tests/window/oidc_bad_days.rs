//! Sign-ins in the browser that do not go as they should.
