//! The composition tree: children, which their parent's property keeps alive, their paths, and containers.

use core::ffi::CStr;
use std::ffi::CString;
use std::sync::OnceLock;

use crate::error::Error;
use crate::module;
use abi::layout::Object;
use abi::profile;
use platform::os::abort::misuse;

pub(crate) mod path;

use crate::qom::objects::accessors::{Accessors, accessors, shown};
use crate::qom::objects::child_names;
use crate::qom::objects::instance::{self, ObjectRef};
use crate::qom::objects::property::{self, Property};

/// An object that lives as long as the process.
struct Root(*mut Object);

// SAFETY: the pointer never changes; what it leads to is the program's to serialise (R-QOM-24).
unsafe impl Sync for Root {}
// SAFETY: as above.
unsafe impl Send for Root {}

static ROOT: OnceLock<Root> = OnceLock::new();
static INTERNAL_ROOT: OnceLock<Root> = OnceLock::new();

/// The root of the tree (R-QOM-20).
pub(crate) fn root() -> *mut Object {
    let make = || {
        let root = new_container("object_get_root");
        for name in profile::ROOT_CONTAINERS {
            // SAFETY: live, and nobody else's yet.
            unsafe { add_container(root, name, "object_get_root") };
        }
        Root(root)
    };
    // Not in there, where the lock would be held.
    module::run_pending(module::QOM);
    ROOT.get_or_init(make).0
}

/// The root of another tree, in which no path leads anywhere.
pub(crate) fn internal_root() -> *mut Object {
    module::run_pending(module::QOM);
    INTERNAL_ROOT
        .get_or_init(|| Root(new_container("object_get_internal_root")))
        .0
}

/// The root's container of that name, if there is one.
///
/// # Safety
/// No other thread changes the tree (R-QOM-24).
#[cfg(root_containers)]
pub(crate) unsafe fn container(name: &CStr) -> Option<*mut Object> {
    // SAFETY: the root is live; the rest as promised.
    unsafe { component(root(), name) }
}

/// The container for objects that users make.
///
/// # Safety
/// No other thread changes the tree (R-QOM-24).
pub(crate) unsafe fn objects() -> *mut Object {
    // SAFETY: the root is live; the rest as promised.
    unsafe { container_at(root(), c"/objects", "object_get_objects_root") }
}

fn new_container(function: &str) -> *mut Object {
    instance::create(instance::registered_type(c"container", function), function)
}

/// Adds an empty container, which `parent` then owns.
///
/// # Safety
/// `parent` is a live object.
pub(crate) unsafe fn add_container(
    parent: *mut Object,
    name: &CStr,
    function: &str,
) -> *mut Object {
    let container = new_container(function);
    // SAFETY: both are live.
    if let Err(error) = unsafe { try_add_child(parent, name, container) } {
        misuse(function, format_args!("{error}"));
    }
    // SAFETY: live, and the parent has a reference of its own now.
    unsafe { instance::drop_reference(container) };
    container
}

/// The container at an absolute path below `root`, made with those on the way if there is none.
///
/// # Safety
/// `root` is a live object.
pub(crate) unsafe fn container_at(root: *mut Object, path: &CStr, function: &str) -> *mut Object {
    let Some(rest) = path.to_bytes().strip_prefix(b"/") else {
        let path = path.to_string_lossy();
        misuse(function, format_args!("'{path}' is no absolute path"));
    };
    let mut object = root;
    for part in rest.split(|&b| b == b'/').filter(|part| !part.is_empty()) {
        let part = CString::new(part).unwrap_or_default();
        // SAFETY: live: the tree keeps it.
        object = unsafe { component(object, &part) }
            // SAFETY: as above.
            .unwrap_or_else(|| unsafe { add_container(object, &part, function) });
    }
    object
}

/// The object that a property of that name stands for.
///
/// # Safety
/// `parent` is a live object.
pub(crate) unsafe fn component(parent: *mut Object, name: &CStr) -> Option<*mut Object> {
    // SAFETY: as promised.
    let found = unsafe { property::find(parent, name) }?;
    // SAFETY: the property of a live object, nothing has run since.
    let (resolve, opaque) = unsafe { ((*found).c.resolve, (*found).c.opaque) };
    // SAFETY: the property's function, with what belongs to it.
    let object = unsafe { resolve?(parent, opaque, name.as_ptr()) };
    (!object.is_null()).then_some(object)
}

/// Makes `child` a child of `parent`, which takes a reference (R-QOM-19).
///
/// # Safety
/// Both are live objects.
pub(crate) unsafe fn try_add_child(
    parent: *mut Object,
    name: &CStr,
    child: *mut Object,
) -> Result<*mut Property, Error> {
    const FUNCTION: &str = "object_property_add_child";
    // SAFETY: live as promised.
    if !unsafe { (*child).parent }.is_null() {
        misuse(FUNCTION, format_args!("@child has a parent"));
    }
    let mut above = parent;
    while !above.is_null() {
        if above == child {
            misuse(FUNCTION, format_args!("@child is above @obj"));
        }
        // SAFETY: a parent outlives its children.
        above = unsafe { (*above).parent };
    }
    // SAFETY: live as promised.
    let ty = unsafe { instance::class_of(child) }.name();
    let kind = CString::new([b"child<", ty.to_bytes(), b">"].concat()).unwrap_or_default();
    let accessors = Accessors::Child {
        child,
        get: get_path,
    };
    // SAFETY: as promised.
    let added = unsafe { property::try_add(parent, name, &kind, accessors) }?;
    // SAFETY: live; the reference is the property's.
    unsafe { instance::add_reference(child) };
    // SAFETY: live.
    unsafe { (*child).parent = parent };
    // SAFETY: just added.
    child_names::set(child, unsafe { Property::name(added) });
    Ok(added)
}

/// The property by which an object is its parent's child; None without parent.
///
/// # Safety
/// `child` is an object whose memory is there.
unsafe fn as_child(child: *mut Object) -> Option<*mut Property> {
    // SAFETY: as promised.
    let parent = unsafe { (*child).parent };
    if parent.is_null() {
        return None;
    }
    let is_it = |&property: &*mut Property| {
        // SAFETY: a property of the parent, which outlives its children.
        let accessors = unsafe { &(*property).accessors };
        matches!(accessors, Accessors::Child { child: c, .. } if *c == child)
    };
    let noted = child_names::get(child)
        // SAFETY: a parent outlives its children.
        .and_then(|name| unsafe { property::find_own(parent, &name) })
        .filter(is_it);
    // SAFETY: as above.
    noted.or_else(|| unsafe { property::own(parent) }.into_iter().find(is_it))
}

/// Takes an object from its parent; nothing without parent.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn unparent(obj: *mut Object) {
    // SAFETY: as promised.
    if let Some(property) = unsafe { as_child(obj) } {
        // SAFETY: the parent outlives its child, and that is its property.
        unsafe { property::remove((*obj).parent, property) };
    }
}

/// The children of an object, kept alive.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn children(obj: *mut Object) -> Vec<ObjectRef> {
    // SAFETY: as promised.
    let properties = unsafe { property::own(obj) }.into_iter();
    properties
        // SAFETY: properties and children are live while nothing runs.
        .filter_map(|property| match unsafe { &(*property).accessors } {
            // SAFETY: as above.
            Accessors::Child { child, .. } => unsafe { ObjectRef::new(*child) },
            _ => None,
        })
        .collect()
}

/// The name of an object below its parent; None without parent. It is the parent's.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn component_of<'a>(obj: *mut Object) -> Option<&'a CStr> {
    // SAFETY: as promised.
    let property = unsafe { as_child(obj) }?;
    // SAFETY: the property is the parent's, as long as it has the child.
    Some(unsafe { Property::name(property) })
}

/// The path from the root; None if the object is not below it.
///
/// # Safety
/// `obj` is a live object.
pub(crate) unsafe fn canonical(obj: *mut Object) -> Option<CString> {
    // Without a root nothing is below it.
    let root = ROOT.get()?.0;
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut object = obj;
    while object != root {
        // SAFETY: as promised, or an ancestor, which outlives what is below.
        parts.push(unsafe { component_of(object) }?.to_bytes());
        // SAFETY: as above.
        object = unsafe { (*object).parent };
    }
    parts.reverse();
    CString::new([b"/", parts.join(&b'/').as_slice()].concat()).ok()
}

/// As [`canonical`]; empty without path, and for NULL.
///
/// # Safety
/// `obj` is NULL or a live object.
pub(crate) unsafe fn canonical_or_empty(obj: *mut Object) -> CString {
    if obj.is_null() {
        return CString::default();
    }
    // SAFETY: live as promised.
    unsafe { canonical(obj) }.unwrap_or_default()
}

accessors! {
    /// Reads a child or a link as the path of the object; empty without one.
    fn get_path(_obj, v, name, accessors) {
        // Live, or NULL: a child is, and a link's target has to be while it is one.
        let path = canonical_or_empty(accessors.object());
        let mut text = path.as_ptr().cast_mut();
        v.visit_text(&shown(&name), &raw mut text)
    }
}
