//! A file of rows that is whole at any moment: each batch is written over the closing of the one before, and
//! brings its own.

use core::ffi::{CStr, c_int};

use super::errno::Errno;
use super::fd;
use super::file;
use super::iov::IoVec;

/// An open file.
#[derive(Debug)]
pub struct Document {
    /// What ends the file.
    closing: &'static str,
    /// Given away, since the program may close all descriptors, and have the number for something else.
    number: c_int,
    /// Device and number of the file.
    identity: (u64, u64),
    /// Where the closing is.
    end: usize,
    has_rows: bool,
}

impl Document {
    /// Makes the file anew, with `head` before the rows. It has to be one that can be written at any place. EAGAIN
    /// if another process that lives has it, or this one.
    pub fn create(name: &CStr, head: &str, closing: &'static str) -> Result<Self, Errno> {
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_NOCTTY;
        // Not to wait for the reader of a pipe.
        let descriptor = fd::open(name, flags | libc::O_NONBLOCK, 0o666)?;
        let mut document = Self {
            closing,
            number: descriptor.as_raw(),
            identity: file::identity(descriptor.as_raw())?,
            end: 0,
            has_rows: false,
        };
        file::lock(document.number)?;
        // A device has no length.
        let _ = file::truncate(document.number, 0);
        document.write(head)?;
        descriptor.into_raw();
        Ok(document)
    }

    /// Appends rows.
    pub fn append(&mut self, rows: &str) -> Result<(), Errno> {
        // A program that closes all descriptors has closed this one.
        if file::identity(self.number)? != self.identity {
            return Err(Errno::EBADF);
        }
        let comma = if self.has_rows { ",\n" } else { "" };
        self.write(&format!("{comma}{rows}"))?;
        self.has_rows = true;
        Ok(())
    }

    /// Writes over the closing.
    fn write(&mut self, text: &str) -> Result<(), Errno> {
        if let Err(errno) = self.write_at(self.end, &format!("{text}{}", self.closing)) {
            // Where it has been there is room for it.
            if self.end > 0 && self.write_at(self.end, self.closing).is_ok() {
                let _ = file::truncate(self.number, offset(self.end + self.closing.len()));
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
        let mut document = Document::create(&name, "{\"rows\":[\n", "\n]}\n").unwrap();
        assert_eq!(text(), "{\"rows\":[\n\n]}\n");
        let second = Document::create(&name, "{", "}").err();
        assert_eq!(second, Some(Errno::EAGAIN));
        document.append("1,\n2").unwrap();
        document.append("3").unwrap();
        assert_eq!(text(), "{\"rows\":[\n1,\n2,\n3\n]}\n");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    #[cfg_attr(miri, ignore = "calls C")]
    fn a_file_that_cannot_be_written_is_an_error() {
        assert!(Document::create(c"/no/such/file", "", "").is_err());
        assert!(Document::create(c"/dev/full", "x", "").is_err());
    }
}
