//! What a crash leaves on disk.

use rustix::io;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A crash writes no picture of this process's memory: the refresh token and the key of every session
/// are in it. It holds for what this process starts, too, which may ask for more.
///
/// # Errors
/// What the system says.
pub(crate) fn write_none() -> io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Core);
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_of_this_process_writes_nothing() {
        let before = getrlimit(Resource::Core);
        write_none().unwrap();
        let after = getrlimit(Resource::Core);
        assert_eq!((after.current, after.maximum), (Some(0), before.maximum));
    }
}
