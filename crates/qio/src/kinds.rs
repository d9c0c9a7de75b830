//! Channels over files, commands and memory.

use std::ffi::{CString, OsStr};
use std::fs;
use std::os::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::channel::{Channel, kind};
use crate::error::{Error, Result, told};
use crate::socket::owned;
use abi::layout::{QIOChannelBuffer, QIOChannelCommand, QIOChannelFile};
use io::logic::{command, file};
use io::object::Ref;
use io::object::buffer::Buffer;

/// A channel over a file, a pipe or any other descriptor.
///
/// ```
/// # fn main() -> qio::Result<()> {
/// use std::io::{Read, Seek, SeekFrom, Write};
/// let mut channel = qio::FileChannel::from_fd(tempfile()?.into());
/// channel.write_all(b"one two")?;
/// channel.seek(SeekFrom::Start(4))?;
/// let mut word = String::new();
/// channel.read_to_string(&mut word)?;
/// assert_eq!(word, "two");
/// # Ok(())
/// # }
/// # fn tempfile() -> std::io::Result<std::fs::File> {
/// #     let path = std::env::temp_dir().join(format!("qio-doc-{}", std::process::id()));
/// #     let file = std::fs::File::options().read(true).write(true).create(true).open(&path)?;
/// #     std::fs::remove_file(&path)?;
/// #     Ok(file)
/// # }
/// ```
pub struct FileChannel {
    channel: Channel,
    own: Ref<QIOChannelFile>,
}

kind!(FileChannel, QIOChannelFile);
kind!(@seek FileChannel);

impl FileChannel {
    /// Opens a file for reading.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::with(path, libc::O_RDONLY)
    }

    /// Opens a file for writing, emptied or new.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        Self::with(path, libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC)
    }

    fn with(path: impl AsRef<Path>, flags: i32) -> Result<Self> {
        let path = CString::new(path.as_ref().as_os_str().as_bytes())?;
        told(file::open(&path, flags, 0o666)).map(Self::of)
    }

    /// A channel of a descriptor that there is, whatever it is.
    #[must_use]
    pub fn from_fd(fd: OwnedFd) -> Self {
        Self::of(file::adopt(fd.into_raw_fd()))
    }
}

impl AsFd for FileChannel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        owned(&self.channel, self.own.fd())
    }
}

impl From<fs::File> for FileChannel {
    fn from(file: fs::File) -> Self {
        Self::from_fd(file.into())
    }
}

/// Which pipes there are to a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// What it prints is read.
    Read,
    /// It is given its input.
    Write,
    /// Both.
    ReadWrite,
}

/// A channel over standard input and output of a child process.
///
/// ```
/// # fn main() -> qio::Result<()> {
/// use std::io::Read;
/// use qio::{Access, CommandChannel};
/// let mut echo = CommandChannel::spawn(&["/bin/echo", "hello"], Access::Read)?;
/// let mut text = String::new();
/// echo.read_to_string(&mut text)?;
/// assert_eq!(text, "hello\n");
/// # Ok(())
/// # }
/// ```
pub struct CommandChannel {
    channel: Channel,
    own: Ref<QIOChannelCommand>,
}

kind!(CommandChannel, QIOChannelCommand);

impl CommandChannel {
    /// Starts a program, given by its path, with its arguments.
    ///
    /// [`CommandChannel::close`] waits a second for its end; dropping the channel ends it, by SIGTERM and
    /// then by SIGKILL.
    pub fn spawn<S: AsRef<OsStr>>(command: &[S], access: Access) -> Result<Self> {
        let words: std::result::Result<Vec<CString>, _> = command
            .iter()
            .map(|word| CString::new(word.as_ref().as_bytes()))
            .collect();
        let words = words?;
        let argv: Vec<_> = words.iter().map(CString::as_c_str).collect();
        if argv.is_empty() {
            let kind = std::io::ErrorKind::InvalidInput;
            return Err(Error::new(kind, "A command has no words"));
        }
        let flags = match access {
            Access::Read => libc::O_RDONLY,
            Access::Write => libc::O_WRONLY,
            Access::ReadWrite => libc::O_RDWR,
        };
        told(command::start(&argv, flags)).map(Self::of)
    }
}

/// A channel over memory that grows with what is written.
///
/// ```
/// # fn main() -> qio::Result<()> {
/// use std::io::{Read, Seek, Write};
/// let mut memory = qio::BufferChannel::new(64);
/// memory.write_all(b"remember")?;
/// memory.rewind()?;
/// let mut text = String::new();
/// memory.read_to_string(&mut text)?;
/// assert_eq!(text, "remember");
/// # Ok(())
/// # }
/// ```
pub struct BufferChannel {
    channel: Channel,
    own: Ref<QIOChannelBuffer>,
}

kind!(BufferChannel, QIOChannelBuffer);
kind!(@seek BufferChannel);

impl BufferChannel {
    /// An empty channel with room for so many bytes before it has to grow.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self::of(Buffer::create(capacity))
    }

    /// How many bytes have been written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.own.usage()
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
