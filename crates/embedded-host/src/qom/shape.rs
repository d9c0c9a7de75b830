//! What a type has from its ancestors: sizes, and hooks in the order they run.

use core::ptr;

use abi::layout::{InstanceHook, Object, ObjectClass};
use abi::profile;
use platform::os::abort;

use super::table::TYPES;
use super::types::{Parent, TypeImpl};

/// A hook that gets the instance.
pub type Hook = unsafe extern "C" fn(obj: *mut Object);

/// A type with its ancestors taken into account.
pub struct Shape {
    /// The parent type.
    pub parent: Option<&'static TypeImpl>,
    /// Whether it is the root of interfaces or below.
    pub is_interface: bool,
    /// Bytes of an instance; 0 if there are none.
    pub instance_size: usize,
    /// Alignment of an instance in bytes; 0 if the allocator's will do.
    pub instance_align: usize,
    /// Bytes of the class.
    pub class_size: usize,
    /// Whether instances can't be made.
    pub is_abstract: bool,
    /// The `instance_init` of all, root first.
    pub init: Box<[Hook]>,
    /// The `instance_post_init` of all, in the order of the profile (R-QOM-8).
    pub post_init: Box<[Hook]>,
    /// The `instance_finalize` of all, leaf first.
    pub finalize: Box<[Hook]>,
}

impl TypeImpl {
    /// What the type inherits, worked out at first need: its ancestors must be registered by then
    /// (R-QOM-3).
    pub fn shape(&'static self) -> &'static Shape {
        match self.shape.get() {
            Some(shape) => shape,
            None => work_out(self),
        }
    }

    /// Whether the type is `ancestor` or descends from it. Only for types whose shape is known;
    /// all that have a class, or are an ancestor of one that has, do.
    pub fn is_a(&'static self, ancestor: &TypeImpl) -> bool {
        let mut ty = Some(self);
        while let Some(this) = ty {
            if ptr::eq(this, ancestor) {
                return true;
            }
            ty = this.shape.get().and_then(|shape| shape.parent);
        }
        false
    }
}

/// Works out the shapes of `ty` and, first, of its ancestors.
#[cold]
fn work_out(ty: &'static TypeImpl) -> &'static Shape {
    let mut below: Vec<(&TypeImpl, Option<&TypeImpl>)> = Vec::new();
    let mut next = Some(ty);
    while let Some(this) = next {
        if this.shape.get().is_some() {
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
        this.shape.get_or_init(|| Shape::new(this, parent));
    }
    ty.shape()
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

impl Shape {
    /// The shape of `ty`, whose parent has one.
    fn new(ty: &TypeImpl, parent: Option<&'static TypeImpl>) -> Self {
        let above = parent.map(TypeImpl::shape);
        let own_or = |own: usize, inherited: usize| if own == 0 { inherited } else { own };
        let instance_size = own_or(ty.instance_size, above.map_or(0, |p| p.instance_size));
        let inherited_align = above
            .filter(|_| profile::INSTANCE_ALIGN_IS_INHERITED)
            .map_or(0, |p| p.instance_align);
        let shape = Self {
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
        shape.check(ty);
        shape
    }

    /// What R-QOM-4 and R-QOM-7 ask of whoever registers a type.
    fn check(&self, ty: &TypeImpl) {
        let refuse = |why: &str| -> ! {
            abort::with_line(format_args!("Type '{}' {why}", ty.name.to_string_lossy()))
        };
        let class_size = self
            .parent
            .map_or(size_of::<ObjectClass>(), |p| p.shape().class_size);
        if self.class_size < class_size {
            refuse("has a smaller class_size than its parent");
        }
        if self
            .parent
            .is_some_and(|p| self.instance_size < p.shape().instance_size)
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
    use super::*;

    extern "C" fn one(_: *mut Object) {}
    extern "C" fn two(_: *mut Object) {
        // Not the same code as `one`, whose address it might else share.
        std::hint::black_box(2);
    }

    fn leaked(ty: TypeImpl) -> &'static TypeImpl {
        Box::leak(Box::new(ty))
    }

    fn child_of(parent: &'static TypeImpl) -> TypeImpl {
        TypeImpl::new(c"child".to_owned(), Parent::Type(parent))
    }

    fn root() -> TypeImpl {
        TypeImpl::new(c"root".to_owned(), Parent::Root)
    }

    #[test]
    fn sizes_come_from_the_nearest_ancestor_that_has_one() {
        let root = leaked(TypeImpl {
            instance_size: 40,
            instance_align: 64,
            class_size: 120,
            ..root()
        });
        let middle = leaked(child_of(root));
        let leaf = leaked(TypeImpl {
            instance_size: 48,
            ..child_of(middle)
        });
        let shape = leaf.shape();
        assert_eq!((shape.instance_size, shape.class_size), (48, 120));
        let align = if profile::INSTANCE_ALIGN_IS_INHERITED {
            64
        } else {
            0
        };
        assert_eq!(shape.instance_align, align);
        assert_eq!(middle.shape().instance_size, 40);
    }

    #[test]
    fn without_any_size_it_is_abstract_and_has_a_plain_class() {
        let shape = leaked(root()).shape();
        assert_eq!((shape.instance_size, shape.instance_align), (0, 0));
        assert_eq!(shape.class_size, size_of::<ObjectClass>());
        assert!(shape.is_abstract);
    }

    #[test]
    fn being_abstract_is_not_inherited() {
        let root = leaked(TypeImpl {
            instance_size: 40,
            is_abstract: true,
            ..root()
        });
        assert!(root.shape().is_abstract);
        assert!(!leaked(child_of(root)).shape().is_abstract);
    }

    #[test]
    fn hooks_run_along_the_ancestors() {
        let root = leaked(TypeImpl {
            instance_size: 40,
            instance_init: Some(one),
            instance_post_init: Some(one),
            instance_finalize: Some(one),
            ..root()
        });
        let leaf = leaked(TypeImpl {
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
        let shape = leaf.shape();
        assert_eq!(names(&shape.init), [1, 2]);
        assert_eq!(names(&shape.finalize), [2, 1]);
        let post_init = if profile::POST_INIT_IS_ROOT_FIRST {
            [1, 2]
        } else {
            [2, 1]
        };
        assert_eq!(names(&shape.post_init), post_init);
    }

    #[test]
    fn descent_includes_oneself() {
        let root = leaked(root());
        let leaf = leaked(child_of(root));
        let other = leaked(child_of(root));
        leaf.shape();
        assert!(leaf.is_a(leaf));
        assert!(leaf.is_a(root));
        assert!(!leaf.is_a(other));
        assert!(!root.is_a(leaf));
    }
}
