internal import Messages
internal import PosternClient

/// Follows the changes, over as many connections as necessary.
///
/// The position is the revision up to which everything is printed. It moves after a message is
/// printed completely, and each connection asks from the next revision on, so a broken connection
/// loses nothing.
struct EventWatch {
  private let invocation: Invocation
  private let selection: EventSelection
  private let deadlineNanoseconds: Int64?
  private var printer: EventPrinter
  /// Nil until the daemon has named the present revision.
  private var next: UInt64?
  /// The epoch of `next`; zero until the daemon has named it. After a restore `next` would mean
  /// another entry.
  private var epoch: UInt64 = 0
  private var delay = RetryDelay()
  private var isLost = false

  init(
    _ invocation: Invocation, _ selection: EventSelection, from revision: UInt64?,
    timeoutSeconds: Int64?
  ) {
    self.invocation = invocation
    self.selection = selection
    let now = invocation.context.monotonicNanoseconds
    deadlineNanoseconds = timeoutSeconds.map { now + min($0, 1 << 32) * 1_000_000_000 }
    printer = EventPrinter(invocation)
    next = revision
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
        guard isBreak(error), !isOver else { throw error }
        if !isLost { invocation.remark("postern: \(reason(error)); waiting for the daemon") }
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
    var failure: Failure?
    do throws(ClientError) {
      let (selection, first, epoch) = (selection, next, epoch)
      try client.watch { request in
        selection.write(into: request)
        if let first { request.setFromRevision(first) }
        request.setLedgerEpoch(epoch)
      } each: { message in
        failure = print(message)
        return failure == nil
      }
      failure = failure ?? .call(.connection("the daemon ended the watch"))
    } catch {
      failure = .call(error)
    }
    if let failure { throw failure }
  }

  private mutating func print(_ message: PosternV1.WatchResponse) -> Failure? {
    delay = RetryDelay()
    if isLost {
      let position = next.map { "; going on from revision \($0)" } ?? ""
      invocation.remark("postern: the daemon is back\(position)")
    }
    isLost = false
    for index in 0..<message.eventsCount { printer.add(message.events(at: index)) }
    do throws(Failure) { try printer.flush() } catch { return error }
    next = message.revision + 1
    epoch = message.ledgerEpoch
    return nil
  }

  /// Whether the daemon is gone and may come back. Before its first answer it is not known to have
  /// run.
  private func isBreak(_ failure: Failure) -> Bool {
    switch failure {
    case .misuse: false
    // From connecting, only after a break while no daemon runs yet. From printing, the reader of
    // the output is gone.
    case .trouble: isLost
    case .call(.connection), .call(.status(code: 14, _, _, _, _)): true
    case .call: false
    }
  }

  private var isOver: Bool {
    deadlineNanoseconds.map { $0 <= invocation.context.monotonicNanoseconds } ?? false
  }

  private func reason(_ failure: Failure) -> String {
    switch failure {
    case .call(let error): DisplayText(error.description).description
    case .misuse(let sentence), .trouble(let sentence, _): sentence
    }
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
