//! Tasks: submitted, run by a worker, called back.

use super::super::json::Value;
use super::{At, TASK, Task};

impl At<'_, '_> {
    pub(super) fn task(&mut self) {
        let id = self.fired.number(0);
        match self.fired.name {
            "qio_task_new" => {
                let name = self
                    .function(self.fired.number(2))
                    .unwrap_or_else(|| "task".into());
                self.picture.tasks.insert(id, Task { name, flow: 0 });
            }
            "qio_task_thread_start" => self.submit(id),
            "qio_task_thread_submit" => self.end(TASK, ("submit", id)),
            "qio_task_thread_run" => self.run(id),
            "qio_task_thread_exit" => self.exit(id),
            "qio_task_thread_result" => {
                self.end_track(TASK, ("delivery", id), &[]);
                self.count(|counts| counts.finished -= 1);
            }
            "qio_task_callback" => self.call_back(id),
            "qio_task_complete" => self.end(TASK, ("callback", id)),
            _ => {}
        }
    }

    /// What a task is called, and its arrow.
    fn known(&self, id: u64) -> (String, u64) {
        let task = self.picture.tasks.get(&id);
        task.map_or_else(|| ("task".into(), 0), |task| (task.name.clone(), task.flow))
    }

    /// In the thread that gives a task to the pool.
    fn submit(&mut self, id: u64) {
        self.picture.last_flow += 1;
        let flow = self.picture.last_flow;
        // A worker of the library's own is no function of a file: then the callback says what it is about.
        let worker = self.function(self.fired.number(1));
        let task = self.picture.tasks.entry(id).or_default();
        task.flow = flow;
        let callback = task.name.clone();
        if let Some(worker) = worker {
            task.name = worker;
        }
        let name = task.name.clone();
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
        let (name, flow) = self.known(id);
        let arguments = [("task", Value::Address(id))];
        self.begin(TASK, ("worker", id), &name, &arguments);
        if flow != 0 {
            self.row('t', (TASK, "task"), Some(flow), &[]);
        }
        self.count(|counts| {
            counts.queued -= 1;
            counts.running += 1;
        });
    }

    fn exit(&mut self, id: u64) {
        let (name, _) = self.known(id);
        self.end(TASK, ("worker", id));
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

    /// In the thread of the context.
    fn call_back(&mut self, id: u64) {
        let callback = self.function_or_none(self.fired.number(1));
        let arguments = [("task", Value::Address(id))];
        self.begin(TASK, ("callback", id), &callback, &arguments);
        // A task that is completed by hand has no arrow, and one that is completed twice has one.
        if let Some(task) = self.picture.tasks.remove(&id)
            && task.flow != 0
        {
            self.row('f', (TASK, "task"), Some(task.flow), &[]);
        }
    }
}
