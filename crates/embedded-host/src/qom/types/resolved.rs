//! What a type has from its ancestors: sizes, and hooks in the order they run.

use core::ptr;

use abi::layout::{InstanceHook, Object, ObjectClass};
use abi::profile;
use platform::os::abort;

use crate::qom::types::table::TYPES;
use crate::qom::types::{Parent, TypeImpl};

/// A hook that gets the instance.
pub(crate) type Hook = unsafe extern "C" fn(obj: *mut Object);

/// A type with its ancestors taken into account.
pub(crate) struct ResolvedType {
    /// The parent type.
    pub(crate) parent: Option<&'static TypeImpl>,
    /// Whether it is the root of interfaces or below.
    pub(crate) is_interface: bool,
    /// Bytes of an instance; 0 if there are none.
    pub(crate) instance_size: usize,
    /// Alignment of an instance in bytes; 0 if the allocator's will do.
    pub(crate) instance_align: usize,
    /// Bytes of the class.
    pub(crate) class_size: usize,
    /// Whether instances can't be made.
    pub(crate) is_abstract: bool,
    /// The `instance_init` of all, root first.
    pub(crate) init: Box<[Hook]>,
    /// The `instance_post_init` of all, in the order of the profile (R-QOM-8).
    pub(crate) post_init: Box<[Hook]>,
    /// The `instance_finalize` of all, leaf first.
    pub(crate) finalize: Box<[Hook]>,
}

impl TypeImpl {
    /// What the type inherits, worked out at first need: its ancestors must be registered by then
    /// (R-QOM-3).
    pub(crate) fn resolved(&'static self) -> &'static ResolvedType {
        match self.resolved.get() {
            Some(resolved) => resolved,
            None => work_out(self),
        }
    }

    /// Whether the type is `ancestor` or descends from it. Only for types whose resolved is known;
    /// all that have a class, or are an ancestor of one that has, do.
    pub(crate) fn is_a(&'static self, ancestor: &TypeImpl) -> bool {
        let mut ty = Some(self);
        while let Some(this) = ty {
            if ptr::eq(this, ancestor) {
                return true;
            }
            ty = this.resolved.get().and_then(|resolved| resolved.parent);
        }
        false
    }
}

/// Works out the shapes of `ty` and, first, of its ancestors.
#[cold]
fn work_out(ty: &'static TypeImpl) -> &'static ResolvedType {
    let mut below: Vec<(&TypeImpl, Option<&TypeImpl>)> = Vec::new();
    let mut next = Some(ty);
    while let Some(this) = next {
        if this.resolved.get().is_some() {
            break;
        }
        if below.iter().any(|(other, _)| ptr::eq(*other, this)) {
            abort::with_line(format_args!(
                "Type '{}' is its own ancestor",
                this.name.to_string_lossy()
            ));
        }
        let parent = parent_of(this);
        below.push((this, parent));
        next = parent;
    }
    for (this, parent) in below.into_iter().rev() {
        // Another thread may have been faster; both come to the same.
        this.resolved
            .get_or_init(|| ResolvedType::new(this, parent));
    }
    ty.resolved()
}

/// Looks the parent up (R-QOM-3).
fn parent_of(ty: &TypeImpl) -> Option<&'static TypeImpl> {
    match &ty.parent {
        Parent::Root => None,
        Parent::Type(parent) => Some(parent),
        Parent::Named(name) => Some(TYPES.find(name).unwrap_or_else(|| {
            abort::with_line(format_args!(
                "Type '{}' has the parent '{}', which is not registered",
                ty.name.to_string_lossy(),
                name.to_string_lossy()
            ))
        })),
    }
}

impl ResolvedType {
    /// The resolved of `ty`, whose parent has one.
    fn new(ty: &TypeImpl, parent: Option<&'static TypeImpl>) -> Self {
        let above = parent.map(TypeImpl::resolved);
        let own_or = |own: usize, inherited: usize| if own == 0 { inherited } else { own };
        let instance_size = own_or(ty.instance_size, above.map_or(0, |p| p.instance_size));
        let inherited_align = above
            .filter(|_| profile::INSTANCE_ALIGN_IS_INHERITED)
            .map_or(0, |p| p.instance_align);
        let resolved = Self {
            parent,
            is_interface: above.map_or(*ty.name == *c"interface", |p| p.is_interface),
            instance_size,
            instance_align: own_or(ty.instance_align, inherited_align),
            class_size: own_or(
                ty.class_size,
                above.map_or(size_of::<ObjectClass>(), |p| p.class_size),
            ),
            is_abstract: ty.is_abstract || instance_size == 0,
            init: hooks(above.map(|p| &*p.init), ty.instance_init, Order::RootFirst),
            post_init: hooks(
                above.map(|p| &*p.post_init),
                ty.instance_post_init,
                if profile::POST_INIT_IS_ROOT_FIRST {
                    Order::RootFirst
                } else {
                    Order::LeafFirst
                },
            ),
            finalize: hooks(
                above.map(|p| &*p.finalize),
                ty.instance_finalize,
                Order::LeafFirst,
            ),
        };
        resolved.check(ty);
        resolved
    }

    /// What R-QOM-4 and R-QOM-7 require of a registration.
    fn check(&self, ty: &TypeImpl) {
        let refuse = |why: &str| -> ! {
            abort::with_line(format_args!("Type '{}' {why}", ty.name.to_string_lossy()))
        };
        let class_size = self
            .parent
            .map_or(size_of::<ObjectClass>(), |p| p.resolved().class_size);
        if self.class_size < class_size {
            refuse("has a smaller class_size than its parent");
        }
        if self
            .parent
            .is_some_and(|p| self.instance_size < p.resolved().instance_size)
        {
            refuse("has a smaller instance_size than its parent");
        }
        let align = self.instance_align;
        if align != 0 && !align.is_power_of_two() {
            refuse("has an instance_align that is not a power of two");
        }
        if self.is_interface {
            if self.instance_size != 0 {
                refuse("is an interface and has an instance_size");
            }
            if !(self.init.is_empty() && self.post_init.is_empty() && self.finalize.is_empty()) {
                refuse("is an interface and has instance hooks");
            }
            if !ty.interfaces.is_empty() {
                refuse("is an interface and implements interfaces");
            }
        }
    }
}

enum Order {
    RootFirst,
    LeafFirst,
}

/// The parent's hooks and the type's own, if it has one.
fn hooks(above: Option<&[Hook]>, own: InstanceHook, order: Order) -> Box<[Hook]> {
    let above = above.unwrap_or_default().iter().copied();
    match order {
        Order::RootFirst => above.chain(own).collect(),
        Order::LeafFirst => own.into_iter().chain(above).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::TypeDescription;
    use super::*;

    extern "C" fn one(_: *mut Object) {}
    extern "C" fn two(_: *mut Object) {
        // Not the same code as `one`, whose address it might else share.
        std::hint::black_box(2);
    }

    fn leaked(ty: TypeDescription) -> &'static TypeImpl {
        Box::leak(Box::new(TypeImpl::new(ty)))
    }

    fn child_of(parent: &'static TypeImpl) -> TypeDescription {
        TypeDescription::new(c"child".to_owned(), Parent::Type(parent))
    }

    fn root() -> TypeDescription {
        TypeDescription::new(c"root".to_owned(), Parent::Root)
    }

    #[test]
    fn sizes_come_from_the_nearest_ancestor_that_has_one() {
        let root = leaked(TypeDescription {
            instance_size: 40,
            instance_align: 64,
            class_size: 120,
            ..root()
        });
        let middle = leaked(child_of(root));
        let leaf = leaked(TypeDescription {
            instance_size: 48,
            ..child_of(middle)
        });
        let resolved = leaf.resolved();
        assert_eq!((resolved.instance_size, resolved.class_size), (48, 120));
        let align = if profile::INSTANCE_ALIGN_IS_INHERITED {
            64
        } else {
            0
        };
        assert_eq!(resolved.instance_align, align);
        assert_eq!(middle.resolved().instance_size, 40);
    }

    #[test]
    fn without_any_size_it_is_abstract_and_has_a_plain_class() {
        let resolved = leaked(root()).resolved();
        assert_eq!((resolved.instance_size, resolved.instance_align), (0, 0));
        assert_eq!(resolved.class_size, size_of::<ObjectClass>());
        assert!(resolved.is_abstract);
    }

    #[test]
    fn being_abstract_is_not_inherited() {
        let root = leaked(TypeDescription {
            instance_size: 40,
            is_abstract: true,
            ..root()
        });
        assert!(root.resolved().is_abstract);
        assert!(!leaked(child_of(root)).resolved().is_abstract);
    }

    #[test]
    fn hooks_run_along_the_ancestors() {
        let root = leaked(TypeDescription {
            instance_size: 40,
            instance_init: Some(one),
            instance_post_init: Some(one),
            instance_finalize: Some(one),
            ..root()
        });
        let leaf = leaked(TypeDescription {
            instance_init: Some(two),
            instance_post_init: Some(two),
            instance_finalize: Some(two),
            ..child_of(leaked(child_of(root)))
        });
        let names = |hooks: &[Hook]| -> Vec<usize> {
            hooks
                .iter()
                .map(|&h| 1 + usize::from(ptr::fn_addr_eq(h, two as Hook)))
                .collect()
        };
        let resolved = leaf.resolved();
        assert_eq!(names(&resolved.init), [1, 2]);
        assert_eq!(names(&resolved.finalize), [2, 1]);
        let post_init = if profile::POST_INIT_IS_ROOT_FIRST {
            [1, 2]
        } else {
            [2, 1]
        };
        assert_eq!(names(&resolved.post_init), post_init);
    }

    #[test]
    fn descent_includes_oneself() {
        let root = leaked(root());
        let leaf = leaked(child_of(root));
        let other = leaked(child_of(root));
        leaf.resolved();
        assert!(leaf.is_a(leaf));
        assert!(leaf.is_a(root));
        assert!(!leaf.is_a(other));
        assert!(!root.is_a(leaf));
    }
}
