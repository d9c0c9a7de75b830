//! Starting another program.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;

use glib_sys as ffi;

use crate::os::fd::Descriptor;

/// A program that was started, with our ends of the pipes to it, which are close-on-exec.
#[derive(Debug)]
pub struct Spawned {
    /// The process. Nobody reaps it but who has this.
    pub pid: ffi::GPid,
    /// To its standard input.
    pub input: Option<Descriptor>,
    /// From its standard output.
    pub output: Option<Descriptor>,
}

/// Starts the program whose file name is the first of `argv`, which isn't searched for.
///
/// It inherits environment, working directory and standard error, and nothing else. A standard
/// input or output that isn't wanted as a pipe is /dev/null (R-CHAN-91). Fails with the text of
/// GLib's error.
pub fn spawn(argv: &[&CStr], input: bool, output: bool) -> Result<Spawned, String> {
    let mut words: Vec<*mut c_char> = argv.iter().map(|word| word.as_ptr().cast_mut()).collect();
    words.push(ptr::null_mut());
    let mut flags = ffi::G_SPAWN_CLOEXEC_PIPES | ffi::G_SPAWN_DO_NOT_REAP_CHILD;
    if !output {
        flags |= ffi::G_SPAWN_STDOUT_TO_DEV_NULL;
    }
    let mut pid = 0;
    let mut input_fd: c_int = -1;
    let mut output_fd: c_int = -1;
    let wanted = |want: bool, fd: &mut c_int| if want { fd } else { ptr::null_mut() };
    let mut error = ptr::null_mut();
    // SAFETY: the words are C strings, NULL after the last, which GLib only reads; what it stores
    // goes to local variables.
    let spawned = unsafe {
        ffi::g_spawn_async_with_pipes(
            ptr::null(),
            words.as_mut_ptr(),
            ptr::null_mut(),
            flags,
            None,
            ptr::null_mut::<c_void>(),
            &raw mut pid,
            wanted(input, &mut input_fd),
            wanted(output, &mut output_fd),
            ptr::null_mut(),
            &raw mut error,
        )
    };
    if spawned == ffi::GFALSE {
        return Err(take_message(error));
    }
    // SAFETY: GLib gave the descriptors away.
    let own = |fd: c_int| (fd >= 0).then(|| unsafe { Descriptor::from_raw(fd) });
    Ok(Spawned {
        pid,
        input: own(input_fd),
        output: own(output_fd),
    })
}

/// The text of an error, which ends here.
fn take_message(error: *mut ffi::GError) -> String {
    if error.is_null() {
        return "unknown error".to_owned();
    }
    // SAFETY: a live error, whose message is a C string.
    let message = unsafe { CStr::from_ptr((*error).message) };
    let message = message.to_string_lossy().into_owned();
    // SAFETY: the error is ours.
    unsafe { ffi::g_error_free(error) };
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::fd;
    use crate::os::process::{self, Pid};

    #[test]
    fn pipes_are_made_as_wanted() {
        for (input, output) in [(true, true), (true, false), (false, true)] {
            let spawned = spawn(&[c"/bin/cat"], input, output).unwrap();
            assert_eq!(spawned.input.is_some(), input);
            assert_eq!(spawned.output.is_some(), output);
            for end in [&spawned.input, &spawned.output].into_iter().flatten() {
                assert_eq!(fd::is_close_on_exec(end.as_raw()), Ok(true));
            }
            let pid = Pid::new(spawned.pid).unwrap();
            drop(spawned.input);
            drop(spawned.output);
            // It read the end of the pipe, or of /dev/null.
            assert_eq!(process::reap(pid), Ok(0));
        }
    }

    #[test]
    fn what_cannot_be_started_is_an_error() {
        let message = spawn(&[c"/nowhere/program"], true, true).unwrap_err();
        assert!(message.contains("/nowhere/program"), "{message}");
        // No search along the PATH.
        assert!(spawn(&[c"cat"], true, true).is_err());
    }
}
