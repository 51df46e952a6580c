internal import Messages
internal import PosternClient

/// `postern fleet lost`.
enum FleetLostCommand {
  static let lost = Command(
    words: ["fleet", "lost"],
    summary: "Lists the changes of this host that its fleet has lost.",
    optional: [.reapply],
    details: [
      "They stand in files `lost-TERM-REVISION` of the data folder, which `postern fleet repair",
      "--rebuild` has left: remove a file when all in it is done. With --reapply tokens are",
      "revoked again whose revokes were lost, and the rest is listed for a person to decide: a",
      "deleted user may be back on purpose. It may be repeated. For operators.",
    ],
    examples: ["postern fleet lost", "postern fleet lost --reapply --wait fleet"],
    body: .own(changes: true, run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let client = try invocation.connect()
    var printer = EventPrinter(invocation)
    var tokens: [String] = []
    let isReapplying = invocation.has(.reapply)
    try invocation.forEachPage(PosternClient.listLostChanges, over: client, [:]) {
      (page) throws(Failure) in
      for index in 0..<page.eventsCount {
        let event = page.events(at: index)
        if isReapplying, isRevoke(event) {
          tokens += tokenIDs(of: event)
        } else {
          printer.add(event)
        }
      }
      try printer.flush()
      return true
    }
    try printer.flush()
    guard isReapplying else {
      if printer.count == 0 { invocation.remark("no change of this host is lost") }
      return .success
    }
    for token in tokens { try revoke(token, over: client, invocation) }
    invocation.remark(
      "\(CountText.of(UInt64(tokens.count), "revoke")) decided anew"
        + (printer.count == 0 ? "" : "; what is listed is for a person to decide"))
    return .success
  }

  private static func isRevoke(_ event: PosternV1.Event) -> Bool {
    event.kind == .tokenRevoked || event.kind == .tokensRevoked
  }

  private static func tokenIDs(of event: PosternV1.Event) -> [String] {
    var tokens = event.tokenID.isEmpty ? [] : [text(event.tokenID)]
    for index in 0..<event.tokenIDsCount { tokens.append(text(event.tokenIDs(at: index))) }
    return tokens
  }

  private static func text(_ bytes: Span<UInt8>) -> String {
    String(decoding: [UInt8](copying: bytes), as: UTF8.self)
  }

  /// Revokes a token, whatever has become of it. That it was revoked already, or is not there, is
  /// no error.
  private static func revoke(
    _ token: String, over client: PosternClient, _ invocation: Invocation
  ) throws(Failure) {
    let before = try state(of: token, over: client, invocation)
    let wait: FieldValues = try invocation.boundFields()
    var fields: FieldValues = ["token_id": .text(token)]
    fields = wait.merged(with: fields)
    let reply = try invocation.call(PosternClient.revokeToken, over: client, fields)
    let what =
      switch before {
      case nil: "is not in the fleet's log"
      case .revoked?: "was revoked already"
      default: "is revoked"
      }
    invocation.remark("token \(DisplayText(token)) \(what) (revision \(reply.message.revision))")
  }

  private static func state(
    of token: String, over client: PosternClient, _ invocation: Invocation
  ) throws(Failure) -> PosternV1.TokenState? {
    do throws(Failure) {
      let reply = try invocation.call(
        PosternClient.getToken, over: client, ["token_id": .text(token)])
      return reply.message.token?.state
    } catch {
      guard case .call(.status(code: 5, _, _, _, _)) = error else { throw error }
      return nil
    }
  }
}
