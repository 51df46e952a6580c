internal import Messages
internal import PosternClient

/// `postern token ...`.
enum TokenCommands {
  static let all = [issue, validate, revoke, RevokeAllCommand.revokeAll, get, list]

  private static let issue = Command(
    words: ["token", "issue"], summary: "Issues a user API token and prints it, this once.",
    required: [.organization, .user], optional: [.timeToLive, .description],
    details: [
      "The token alone goes to standard output, the rest to standard error. It acts as the user",
      "for 30 days at most, which is also the default. Users may issue tokens for themselves",
      "(by POSTERN_TOKEN), an operator or an issuer process for anyone.",
    ],
    examples: ["TOKEN=$(postern token issue --org acme --user alice --ttl 7d)"],
    body: NewToken.issue)

  private static let validate = Command(
    words: ["token", "validate"], summary: "Says whether a token is good, and for whom.",
    operands: [
      Operand(name: "-", summary: "The token is on standard input.", isOptional: true)
    ],
    examples: ["postern token validate - <<< \"$TOKEN\""], answersYesOrNo: true,
    body: .ask(PosternClient.validateToken, prepare: takeToken, yes: { $0.active }) {
      $0.active
        ? Column.lines(TokenColumns.bearer, of: $0.fields, $1.style) : "not active"
    })

  private static let revoke = Command(
    words: ["token", "revoke"], summary: "Revokes a token, for ever.",
    operands: [
      Operand(name: "ID|-", summary: "The token's id, or `-`: the token is on standard input.")
    ],
    details: ["The holder of a token may revoke it. Revoking an unknown token succeeds."],
    examples: ["postern token revoke - <<< \"$TOKEN\""],
    body: .change(
      PosternClient.revokeToken, prepare: takeTokenOrID, done: "the token is not good any more"))

  private static let get = Command(
    words: ["token", "get"], summary: "Shows what is kept about a token.",
    operands: [
      Operand(
        name: "ID", summary: "The token's id, which is not secret and a part of its text.",
        fills: .text("token_id"))
    ],
    examples: ["postern token get 03535P64scRoTpbyDprbDv"],
    body: .show(PosternClient.getToken, "token", rows: TokenColumns.all))

  private static let list = Command(
    words: ["token", "list"], summary: "Lists the tokens of an organization or of one user.",
    required: [.organization],
    optional: [.user, .tokenKind, .state, .expiringWithin, .unusedSince],
    examples: [
      "postern token list --org acme --state active --expiring-within 3d",
      "postern token list --org acme --state active --unused-since 30d",
    ],
    body: .list(
      PosternClient.listTokens, "tokens",
      columns: [Column("ID", "id"), Column("KIND", "kind"), TokenColumns.whose]
        + TokenColumns.states, nothing: "no tokens"))

  private static func takeToken(
    _ invocation: Invocation, _ fields: inout FieldValues
  ) throws(Failure) -> PosternClient? {
    if let word = invocation.operands.first, word != "-" {
      throw .misuse("a token is passed on standard input: write `-`")
    }
    fields.set("secret", secret: try invocation.secret())
    return nil
  }

  private static func takeTokenOrID(
    _ invocation: Invocation, _ fields: inout FieldValues
  ) throws(Failure) -> PosternClient? {
    let id = invocation.operand(0)
    if id == "-" {
      fields.set("secret", secret: try invocation.secret())
    } else {
      fields["token_id"] = .text(id)
    }
    return nil
  }
}
