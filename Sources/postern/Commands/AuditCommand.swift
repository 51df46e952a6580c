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
    ], body: .own(run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let fields = try invocation.boundFields()
    guard !invocation.has(.user) || invocation.has(.organization) else {
      throw .misuse("`--user` needs `--org`: the id of a user says nothing without it")
    }
    var printer = EventPrinter(invocation, last: try invocation.number(.last))
    let client = try invocation.connect()
    do throws(Failure) {
      try invocation.stream(PosternClient.listEvents, over: client, fields) {
        (message) throws(Failure) in
        for index in 0..<message.eventsCount { printer.add(message.events(at: index)) }
        if printer.isFull { try printer.flush() }
      }
    } catch {
      // The events before the failure are printed anyway.
      try printer.flush()
      throw error
    }
    try printer.flush()
    if printer.count == 0 { invocation.remark("no change matches") }
    return .success
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
    ], body: .own(run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    var watch = EventWatch(
      invocation, try invocation.boundFields(), timeoutSeconds: try invocation.seconds(.timeout))
    try watch.run()
    return .success
  }
}
