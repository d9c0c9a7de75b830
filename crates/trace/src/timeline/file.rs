//! The file of a picture of time. It is whole at any moment: each batch is written over the closing brackets of
//! the one before, and brings its own.

use core::ffi::{CStr, c_int};

use platform::os::errno::Errno;
use platform::os::fd::{self, Descriptor};
use platform::os::file;
use platform::os::iov::IoVec;

/// What ends the file.
const CLOSING: &str = "\n]}\n";

/// An open file.
pub(super) struct Output {
    /// Given away, since the program may close all descriptors, and have the number for something else.
    number: c_int,
    /// Device and number of the file.
    identity: (u64, u64),
    /// Where the closing brackets are.
    end: usize,
    has_rows: bool,
}

impl Output {
    /// Makes the file anew, with `head` before the rows. It has to be one that can be written at any place.
    pub(super) fn create(name: &CStr, head: &str) -> Result<Self, Errno> {
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC | libc::O_NOCTTY;
        // Not to wait for the reader of a pipe.
        let descriptor: Descriptor = fd::open(name, flags | libc::O_NONBLOCK, 0o666)?;
        let mut output = Self {
            number: descriptor.as_raw(),
            identity: file::identity(descriptor.as_raw())?,
            end: 0,
            has_rows: false,
        };
        output.write(head)?;
        descriptor.into_raw();
        Ok(output)
    }

    /// Appends rows.
    pub(super) fn append(&mut self, rows: &str) -> Result<(), Errno> {
        // A program that closes all descriptors has closed this one.
        if file::identity(self.number)? != self.identity {
            return Err(Errno::EBADF);
        }
        let comma = if self.has_rows { ",\n" } else { "" };
        self.write(&format!("{comma}{rows}"))?;
        self.has_rows = true;
        Ok(())
    }

    /// Writes over the closing brackets.
    fn write(&mut self, text: &str) -> Result<(), Errno> {
        if let Err(errno) = self.write_at(self.end, &format!("{text}{CLOSING}")) {
            // Where they have been there is room for them.
            if self.end > 0 && self.write_at(self.end, CLOSING).is_ok() {
                let _ = file::truncate(self.number, offset(self.end + CLOSING.len()));
            }
            return Err(errno);
        }
        self.end += text.len();
        Ok(())
    }

    fn write_at(&self, mut at: usize, text: &str) -> Result<(), Errno> {
        let mut bytes = text.as_bytes();
        while !bytes.is_empty() {
            let written = file::pwritev(self.number, &[IoVec::from_slice(bytes)], offset(at))?;
            bytes = &bytes[written..];
            at += written;
        }
        Ok(())
    }
}

fn offset(at: usize) -> libc::off_t {
    libc::off_t::try_from(at).unwrap_or(libc::off_t::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;

    #[test]
    fn the_file_is_whole_at_any_moment() {
        let path = std::env::temp_dir().join(format!("qio-timeline-{}", std::process::id()));
        let name = CString::new(path.to_str().unwrap()).unwrap();
        let text = || std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, "what was there before, and longer than what is next").unwrap();
        let mut output = Output::create(&name, "{\"rows\":[\n").unwrap();
        assert_eq!(text(), "{\"rows\":[\n\n]}\n");
        output.append("1,\n2").unwrap();
        output.append("3").unwrap();
        assert_eq!(text(), "{\"rows\":[\n1,\n2,\n3\n]}\n");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_written_is_an_error() {
        assert!(Output::create(c"/no/such/file", "").is_err());
        assert!(Output::create(c"/dev/full", "x").is_err());
    }
}
