internal import Messages
internal import PosternClient

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
