internal import Messages
internal import PosternClient

/// Follows the changes, over as many connections as necessary.
///
/// The position is the revision up to which everything is printed. It moves after a message is
/// printed completely, and each connection asks from the next revision on, so a broken connection
/// loses nothing.
struct EventWatch {
  private let invocation: Invocation
  private let deadlineNanoseconds: Int64?
  private var printer: EventPrinter
  /// The selection, and what to go on with as soon as the daemon has named it: the next revision,
  /// and its epoch, since after a restore the revision would mean another entry.
  private var fields: FieldValues
  private var delay = RetryDelay()
  private var isLost = false

  init(
    _ invocation: Invocation, _ selection: FieldValues, timeoutSeconds: Int64?
  ) {
    self.invocation = invocation
    fields = selection
    let now = invocation.context.monotonicNanoseconds
    deadlineNanoseconds = timeoutSeconds.map { now + min($0, 1 << 32) * 1_000_000_000 }
    printer = EventPrinter(invocation)
  }

  /// Runs until the time is up or a failure that a retry can't fix.
  mutating func run() throws(Failure) {
    // A failure at the start is an error, without a retry.
    var client: PosternClient? = try invocation.connect(waits: true)
    invocation.context.endOnInterrupt()
    while true {
      do throws(Failure) {
        let connected =
          if let client = client.take() { client } else { try invocation.connect(waits: true) }
        try follow(connected)
      } catch {
        if isOver, !isLost, case .call(.status(code: 4, _, _, _, _)) = error { return }
        guard error.isBreak(isLost: isLost), !isOver else { throw error }
        if !isLost {
          invocation.remark("postern: \(DisplayText(error.sentence)); waiting for the daemon")
        }
        isLost = true
        delay.wait(invocation.context)
      }
    }
  }

  private mutating func follow(_ client: PosternClient) throws(Failure) {
    if let deadlineNanoseconds {
      client.streamTimeout = .nanoseconds(
        deadlineNanoseconds - invocation.context.monotonicNanoseconds)
    }
    let asked = fields
    try invocation.stream(PosternClient.watch, over: client, asked) { (message) throws(Failure) in
      try print(message)
    }
    throw .call(.connection("the daemon ended the watch"))
  }

  private mutating func print(_ message: PosternV1.WatchResponse) throws(Failure) {
    delay = RetryDelay()
    if isLost {
      var position = ""
      if case .unsigned(let next) = fields["from_revision"] {
        position = "; continuing from revision \(next)"
      }
      invocation.remark("postern: the daemon is back\(position)")
    }
    isLost = false
    for index in 0..<message.eventsCount { printer.add(message.events(at: index)) }
    try printer.flush()
    fields["from_revision"] = .unsigned(message.revision + 1)
    fields["ledger_epoch"] = .unsigned(message.ledgerEpoch)
  }

  private var isOver: Bool {
    deadlineNanoseconds.map { $0 <= invocation.context.monotonicNanoseconds } ?? false
  }
}

/// The delay before the next attempt: longer each time, up to two seconds.
struct RetryDelay {
  private var nanoseconds: Int64 = 100_000_000
  /// The number of waits so far.
  private(set) var count = 0

  mutating func wait(_ context: any ProcessContext) {
    let deadline = context.monotonicNanoseconds + nanoseconds
    while case .disturbed = context.wait(untilNanoseconds: deadline) {}
    nanoseconds = min(nanoseconds * 2, 2_000_000_000)
    count += 1
  }
}
