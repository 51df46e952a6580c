internal import Messages
internal import PosternClient

/// `postern export ...`.
enum ExportCommand {
  static let export = Command(
    words: ["export"], summary: "Prints the directory for `import`, one record on each line.",
    optional: [.organization],
    details: [
      "All lines show one revision. Tokens, times and authors of changes are not exported.",
      "An administrator may export its organization, an operator all of them.",
    ],
    examples: ["postern export >directory.ndjson", "postern export --org acme"], body: .own(run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let fields = try invocation.boundFields()
    let client = try invocation.connect()
    // On a terminal the exported lines show the progress themselves.
    let progress = ProgressBar(
      "exported", isShown: invocation.context.screenSize == nil, invocation.context)
    defer { progress.clear() }
    var count = 0
    var revision: UInt64 = 0
    try invocation.stream(PosternClient.export, over: client, fields) { (message) throws(Failure) in
      revision = message.revision
      count += message.recordsCount
      var text = ""
      for index in 0..<message.recordsCount { text += message.records(at: index).jsonText + "\n" }
      try invocation.context.write(text)
      progress.show(count, part: nil)
    }
    progress.clear()
    invocation.remark(
      count == 0
        ? "there is nothing to export"
        : "exported \(CountText.of(count, "record")) at revision \(revision)")
    return .success
  }
}
