internal import Messages
internal import PosternClient

/// `postern token revoke-all`.
enum RevokeAllCommand {
  static let revokeAll = Command(
    words: ["token", "revoke-all"], summary: "Revokes all selected tokens, for ever.",
    optional: [.organization, .user, .issuedBefore, .tokenKind, .yes],
    details: [
      "At least one of --org and --issued-before is needed. Without --yes it counts the tokens and",
      "asks; without a terminal it says what it would do and exits with 2. If the daemon restarts",
      "meanwhile, it continues where it was. Repeating the command is safe.",
      "A user may revoke its own tokens, an administrator those of the organization, an operator",
      "all.",
    ],
    examples: [
      "postern token revoke-all --org acme --user bob",
      "postern token revoke-all --org acme --issued-before '2026-05-01 12:00' --yes",
    ], body: .own(changes: true, run))

  private static func run(_ invocation: Invocation) throws(Failure) -> ExitCode {
    let selection = try TokenSelection(invocation)
    var expected: Int?
    if !invocation.has(.yes) {
      expected = try selection.count(invocation)
      let count = expected.map { selection.tokens(UInt64($0)) } ?? "all tokens"
      guard expected != 0 else {
        invocation.remark("there is no token to revoke \(selection.description)")
        return .success
      }
      try invocation.confirm("this would revoke \(count) \(selection.description), for ever")
    }
    var revocation = MassRevocation(invocation, selection, expected: expected)
    try revocation.run()
    return .success
  }
}

/// A mass revocation, over as many connections as necessary.
private struct MassRevocation {
  private let invocation: Invocation
  private let selection: TokenSelection
  private let expected: Int?
  private let progress: ProgressBar
  private var page = ""
  /// The total that the calls before the present one reported.
  private var counted: UInt64 = 0
  private var reported: UInt64 = 0
  private var revision: UInt64 = 0
  private var epoch: UInt64 = 0
  private var isDone = false
  private var hasBroken = false
  private var delay = RetryDelay()

  /// About half a minute without progress.
  private static let maximumAttempts = 18

  init(_ invocation: Invocation, _ selection: TokenSelection, expected: Int?) {
    self.invocation = invocation
    self.selection = selection
    self.expected = expected
    progress = ProgressBar("revoked", noun: "tokens", invocation.context)
  }

  mutating func run() throws(Failure) {
    defer { progress.clear() }
    // A failure at the start is an error, without a retry.
    var client: PosternClient? = try invocation.connect()
    while !isDone {
      do throws(Failure) {
        let connected = if let client = client.take() { client } else { try invocation.connect() }
        try go(on: connected)
      } catch {
        guard error.isBreak(isLost: hasBroken), delay.count < Self.maximumAttempts else {
          throw report(error)
        }
        hasBroken = true
        // Each call counts from zero.
        counted += reported
        reported = 0
        delay.wait(invocation.context)
      }
    }
    progress.clear()
    let arena = Arena(initialBytes: 1 << 10)
    let answer = PosternV1.RevokeTokensResponse.Builder(in: arena)
    answer.setRevokedCount(counted + reported)
    answer.setDone(true)
    answer.setRevision(revision)
    answer.setLedgerEpoch(epoch)
    let tokens = tokens
    try invocation.answer(answer.view) { _ in
      "revoked \(tokens) \(selection.description)"
        + " (revision \(revision))"
    }
  }

  private mutating func go(on client: PosternClient) throws(Failure) {
    var fields = selection.fields
    fields["page_token"] = .text(page)
    try invocation.stream(PosternClient.revokeTokens, over: client, fields) { take($0) }
    if !isDone { throw .call(.connection("the daemon ended the call before all was done")) }
  }

  private mutating func take(_ message: PosternV1.RevokeTokensResponse) {
    delay = RetryDelay()
    reported = message.revokedCount
    revision = message.revision
    epoch = message.ledgerEpoch
    isDone = message.done
    page = DisplayText(message.nextPageToken).description
    let total = Int(clamping: counted + reported)
    progress.show(total, part: expected.map { Double(total) / Double(max($0, 1)) })
  }

  /// The failure, with the progress so far.
  private func report(_ failure: Failure) -> Failure {
    guard hasBroken || reported > 0 else { return failure }
    return .trouble(
      "\(DisplayText(failure.sentence)), after \(tokens)",
      advice: "those are revoked for good: repeat the command for the rest")
  }

  /// The number of revoked tokens. Revocations after the last report of a broken connection are not
  /// counted.
  private var tokens: String {
    (hasBroken ? "at least " : "") + selection.tokens(counted + reported)
  }
}
