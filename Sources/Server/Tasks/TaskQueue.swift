internal import EventLoop

/// The way to the thread for tasks.
struct TaskQueue: Sendable {
  let mailbox: Mailbox<TaskMessage>
  /// The tasks that wait or run.
  let waiting: WaitingCommands
}
