internal import Messages
internal import PosternClient

/// `postern audit`.
enum AuditCommand {
  static let audit = Command(
    words: ["audit"], summary: "Lists what changed, who did it and with which token.",
    optional: [
      .organization, .user, .token, .resource, .kind, .since, .until, .firstRevision, .limit, .last,
      .changes,
    ],
    details: [
      "The oldest change comes first. --user and --token select changes by them and changes of",
      "them. Times are in UTC. With --output json it prints one document for each change.",
      "A user may ask about itself, an administrator about its organization (both need --org), an",
      "operator about everything. Denied attempts are recorded once a minute.",
    ],
    examples: [
      "postern audit --last 20", "postern audit --org acme --since 2h --kind token --changes",
      "postern audit --org acme --resource dashboard/latency",
      "postern audit --since 2026-05-01 --output json | jq .message",
    ], run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let selection = try EventSelection(invocation)
    let (since, until) = (try invocation.time(.since), try invocation.time(.until))
    let (first, limit) = (try invocation.number(.firstRevision), try invocation.number(.limit))
    var printer = EventPrinter(invocation, last: try invocation.number(.last))
    let client = try invocation.connect()
    if let seconds = try invocation.seconds(.timeout) { client.streamTimeout = .seconds(seconds) }
    var failure: Failure?
    do throws(ClientError) {
      try client.listEvents { request in
        selection.write(into: request)
        if let since { since.write(into: request.makeStartTime()) }
        if let until { until.write(into: request.makeEndTime()) }
        if let first { request.setFromRevision(first) }
        if let limit { request.setLimit(limit) }
      } each: { message in
        for index in 0..<message.eventsCount { printer.add(message.events(at: index)) }
        if printer.isFull { failure = caught { () throws(Failure) in try printer.flush() } }
        return failure == nil
      }
    } catch {
      // The events before the failure are printed anyway.
      try printer.flush()
      throw .call(error)
    }
    if let failure { throw failure }
    try printer.flush()
    if printer.count == 0 { invocation.remark("nothing changed that this selects") }
    return .success
  }

  private static func caught(_ body: () throws(Failure) -> Void) -> Failure? {
    do throws(Failure) { try body() } catch { return error }
    return nil
  }
}

/// `postern watch`.
enum WatchCommand {
  static let watch = Command(
    words: ["watch"], summary: "Prints every change as it happens, until Ctrl-C.",
    optional: [.organization, .kind, .firstRevision, .changes],
    details: [
      "It begins with the next change, or with --from-revision. When the daemon restarts or is",
      "upgraded it connects again and continues with the next revision: no change is missed or",
      "printed twice. Ctrl-C ends it with exit status 0, and so does the end of --timeout.",
      "An administrator may watch its organization (--org), an operator everything.",
    ],
    examples: [
      "postern watch", "postern watch --org acme --kind token --changes",
      "postern watch --from-revision 1 --output json | jq --unbuffered .message",
    ], run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let selection = try EventSelection(invocation)
    var watch = EventWatch(
      invocation, selection, from: try invocation.number(.firstRevision),
      timeoutSeconds: try invocation.seconds(.timeout))
    try watch.run()
    return .success
  }
}
