//! Starting another program.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr;

use glib_sys as ffi;

use crate::os::errno::Errno;
use crate::os::event::EventFd;
use crate::os::fd::Descriptor;
use crate::sync::Mutex;
use crate::sync::fork::PerProcess;

/// A program that was started, with our ends of the pipes to it, which are close-on-exec.
#[derive(Debug)]
pub struct Spawned {
    /// The process. The owner of this reaps it.
    pub pid: ffi::GPid,
    /// To its standard input.
    pub input: Option<Descriptor>,
    /// From its standard output.
    pub output: Option<Descriptor>,
}

/// Keeps the numbers 0 to 2 from being given to a pipe while a program is started.
///
/// GLib puts the child's ends there one after the other and would overwrite its own pipes; our ends
/// would be what the program takes for its standard input and output. The numbers that are closed
/// are taken meanwhile by descriptors that stand for nothing and go with the exec.
struct StandardNumbers;

/// The starts under way, and what they share.
#[derive(Default)]
struct Starts {
    count: usize,
    taken: Vec<EventFd>,
}

impl StandardNumbers {
    fn starts() -> &'static Mutex<Starts> {
        static STARTS: PerProcess<Mutex<Starts>> = PerProcess::new();
        STARTS.get()
    }

    fn take() -> Result<Self, Errno> {
        let this = Self;
        let mut starts = Self::starts().lock();
        starts.count += 1;
        loop {
            // The lowest number that is free.
            match EventFd::create() {
                Ok(event) if event.fd() <= 2 => starts.taken.push(event),
                Ok(_) => break,
                // None is free. GLib will find so too, and has a text for it.
                Err(errno) if errno.code() == libc::EMFILE => break,
                Err(errno) => return Err(errno),
            }
        }
        drop(starts);
        Ok(this)
    }
}

impl Drop for StandardNumbers {
    fn drop(&mut self) {
        let mut starts = Self::starts().lock();
        starts.count -= 1;
        if starts.count == 0 {
            starts.taken.clear();
        }
        drop(starts);
    }
}

/// Starts the program whose file name is the first of `argv`, which isn't searched for.
///
/// It inherits environment, working directory and standard error, and nothing else. A standard
/// input or output that isn't wanted as a pipe is /dev/null (R-CHAN-91). No end of ours gets one of
/// the numbers 0 to 2, also if they are closed here. Fails with the text of GLib's error.
pub fn spawn(argv: &[&CStr], input: bool, output: bool) -> Result<Spawned, String> {
    let mut words: Vec<*mut c_char> = argv.iter().map(|word| word.as_ptr().cast_mut()).collect();
    words.push(ptr::null_mut());
    let mut flags = ffi::G_SPAWN_CLOEXEC_PIPES | ffi::G_SPAWN_DO_NOT_REAP_CHILD;
    if !output {
        flags |= ffi::G_SPAWN_STDOUT_TO_DEV_NULL;
    }
    let numbers = StandardNumbers::take().map_err(|errno| errno.to_string())?;
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
    drop(numbers);
    if spawned == ffi::GFALSE {
        // SAFETY: NULL, or an error that GLib has just made and given to us.
        return Err(unsafe { take_message(error) });
    }
    // SAFETY: GLib gave the descriptors away.
    let own = |fd: c_int| (fd >= 0).then(|| unsafe { Descriptor::from_raw(fd) });
    Ok(Spawned {
        pid,
        input: own(input_fd),
        output: own(output_fd),
    })
}

/// The text of an error, which is freed.
///
/// # Safety
/// `error` is NULL or an error that is given up.
unsafe fn take_message(error: *mut ffi::GError) -> String {
    if error.is_null() {
        return "unknown error".to_owned();
    }
    // SAFETY: live as promised; its message is a C string.
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
    #[cfg_attr(miri, ignore = "calls C")]
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
    #[cfg_attr(miri, ignore = "calls C")]
    fn what_cannot_be_started_is_an_error() {
        let message = spawn(&[c"/nowhere/program"], true, true).unwrap_err();
        assert!(message.contains("/nowhere/program"), "{message}");
        // No search along the PATH.
        assert!(spawn(&[c"cat"], true, true).is_err());
    }
}
