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
    examples: ["postern export >directory.ndjson", "postern export --org acme"], run: run)

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let client = try invocation.connect()
    if let seconds = try invocation.seconds(.timeout) { client.streamTimeout = .seconds(seconds) }
    // On a terminal the exported lines show the progress themselves.
    let progress = ProgressBar(
      "exported", isShown: invocation.context.screenSize == nil, invocation.context)
    var count = 0
    var revision: UInt64 = 0
    var failure: Failure?
    do throws(ClientError) {
      try client.export {
        if let organization = invocation.optional(.organization) {
          $0.setOrganizationID(organization)
        }
      } each: { message in
        revision = message.revision
        count += message.recordsCount
        failure = print(message, invocation)
        progress.show(count, part: nil)
        return failure == nil
      }
    } catch {
      failure = .call(error)
    }
    progress.clear()
    if let failure { throw failure }
    invocation.remark(
      count == 0
        ? "there is nothing to export"
        : "exported \(CountText.of(count, "record")) at revision \(revision)")
    return .success
  }

  private static func print(
    _ message: PosternV1.ExportResponse, _ invocation: Invocation
  ) -> Failure? {
    var text = ""
    for index in 0..<message.recordsCount { text += message.records(at: index).jsonText + "\n" }
    do throws(Failure) {
      try invocation.context.write(text)
      return nil
    } catch {
      return error
    }
  }
}
