//! The hand-over of work between threads.
