//! GLib's main contexts and sources behind safe, counted handles.
