//! Tasks: submitted, run by a worker, called back.

use super::super::json::Value;
use super::{At, TASK, Task};

impl At<'_, '_> {
    pub(super) fn task(&mut self) {
        let id = self.fired.number(0);
        match self.fired.name {
            "qio_task_new" => {
                let function = self.function(self.fired.number(2));
                let task = Task {
                    function: function.unwrap_or_else(|| "task".into()),
                    ..Task::default()
                };
                self.picture.tasks.insert(id, task);
            }
            "qio_task_named" => {
                let name = self.fired.text(1).filter(|name| !name.is_empty());
                self.picture.tasks.entry(id).or_default().name = name;
            }
            "qio_task_thread_start" => self.submit(id),
            "qio_task_thread_submit" => self.end(TASK, ("submit", id)),
            "qio_task_thread_run" => self.run(id),
            "qio_task_thread_exit" => self.exit(id),
            "qio_task_thread_result" => self.tell(id),
            "qio_task_callback" => self.call_back(id),
            "qio_task_complete" => self.end(TASK, ("callback", id)),
            _ => {}
        }
    }

    /// What a task is called, its worker function if that is something else, and its arrow.
    fn known(&self, id: u64) -> (String, Option<String>, u64) {
        let Some(task) = self.picture.tasks.get(&id) else {
            return ("task".into(), None, 0);
        };
        let function = task.function.clone();
        match task.name.clone() {
            Some(name) => (name, Some(function), task.flow),
            None => (function, None, task.flow),
        }
    }

    /// In the thread that gives a task to the pool.
    fn submit(&mut self, id: u64) {
        self.picture.last_flow += 1;
        let flow = self.picture.last_flow;
        // A worker of the library's own is no function of a file: then the callback says what it is about.
        let worker = self.function(self.fired.number(1));
        let task = self.picture.tasks.entry(id).or_default();
        task.flow = flow;
        let callback = task.function.clone();
        if let Some(worker) = worker {
            task.function = worker;
        }
        let (name, _, _) = self.known(id);
        let arguments = [
            ("task", Value::Address(id)),
            ("callback", Value::Text(&callback)),
        ];
        self.begin(TASK, ("submit", id), &format!("submit {name}"), &arguments);
        self.row('s', (TASK, "task"), Some(flow), &[]);
        self.count(|counts| counts.queued += 1);
    }

    /// In the thread that runs the worker function.
    fn run(&mut self, id: u64) {
        let (name, function, flow) = self.known(id);
        let function = function.as_deref().unwrap_or_default();
        let arguments = [
            ("task", Value::Address(id)),
            ("worker", Value::Text(function)),
        ];
        self.begin(TASK, ("worker", id), &name, said(&arguments, function));
        if flow != 0 {
            self.row('t', (TASK, "task"), Some(flow), &[]);
        }
        self.count(|counts| {
            counts.queued -= 1;
            counts.running += 1;
        });
    }

    fn exit(&mut self, id: u64) {
        let (name, _, _) = self.known(id);
        self.end(TASK, ("worker", id));
        let task = self.picture.tasks.entry(id).or_default();
        task.has_run = true;
        if task.is_told {
            self.picture.tasks.remove(&id);
            self.count(|counts| counts.running -= 1);
            return;
        }
        self.begin_track(
            (TASK, ("delivery", id), None),
            &format!("{name} waits for its callback"),
            &[("task", Value::Address(id))],
        );
        self.count(|counts| {
            counts.running -= 1;
            counts.finished += 1;
        });
    }

    /// In the thread of the context, before the callback.
    fn tell(&mut self, id: u64) {
        let task = self.picture.tasks.entry(id).or_default();
        task.is_told = !task.has_run;
        if task.has_run {
            self.end_track(TASK, ("delivery", id), &[]);
            self.count(|counts| counts.finished -= 1);
        }
    }

    /// In the thread of the context.
    fn call_back(&mut self, id: u64) {
        let callback = self.function_or_none(self.fired.number(1));
        // A task that is completed by hand has no arrow, and one that is completed twice has one.
        let mut task = self.picture.tasks.remove(&id).unwrap_or_default();
        let name = task.name.as_deref().unwrap_or_default();
        let arguments = [("task", Value::Address(id)), ("name", Value::Text(name))];
        self.begin(TASK, ("callback", id), &callback, said(&arguments, name));
        if task.flow != 0 {
            self.row('f', (TASK, "task"), Some(task.flow), &[]);
        }
        // A thread still has to do with it.
        if task.is_told {
            task.flow = 0;
            self.picture.tasks.insert(id, task);
        }
    }
}

/// The arguments, without the last one where its text is empty.
fn said<'a, 'v>(
    arguments: &'a [(&'a str, Value<'v>); 2],
    last: &str,
) -> &'a [(&'a str, Value<'v>)] {
    let [first, _] = arguments;
    if last.is_empty() {
        core::slice::from_ref(first)
    } else {
        arguments
    }
}
