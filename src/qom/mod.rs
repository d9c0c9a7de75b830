//! The `qio-*` types: their registration, class methods and instance hooks.
