//! The trace events of io/, as typed calls. The back end is empty: a call costs nothing.
