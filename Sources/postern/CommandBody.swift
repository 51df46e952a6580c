internal import Messages
internal import PosternClient

/// What a command does.
///
/// Most commands are declared: `change`, `show`, `list` and `ask` fill a request with what the
/// arguments bind (see `Binding`), call a method of the client and print the answer. Only the rest
/// has a function of its own.
package struct CommandBody: Sendable {
  /// Whether it changes something, and so takes the options of `CommandOption.ofChanges`.
  var changes = false
  let run: @Sendable (Invocation) throws(Failure) -> ExitCode

  /// A method that takes one request and gives one answer, such as `PosternClient.getTeam`.
  typealias Method<Request: Requests, Response: Answers> =
    @Sendable (PosternClient) -> ((Request) -> Void) throws(ClientError) -> Reply<Response>

  /// Adds to a request what no argument binds, before the call. It may return the connection that
  /// it has used, for the call to use as well.
  typealias Preparation =
    @Sendable (Invocation, inout FieldValues) throws(Failure) -> PosternClient?

  /// A function of its own.
  static func own(
    changes: Bool = false, _ run: @escaping @Sendable (Invocation) throws(Failure) -> ExitCode
  ) -> CommandBody {
    CommandBody(changes: changes, run: run)
  }

  /// Makes one call and prints its answer: as JSON, or as what `text` returns. With `yes`, the exit
  /// code says what that returns.
  static func ask<Request: Requests, Response: Answers>(
    _ method: @escaping Method<Request, Response>, changes: Bool = false,
    setting fixed: FieldValues = [:], prepare: Preparation? = nil,
    yes: (@Sendable (Response) -> Bool)? = nil,
    text: @escaping @Sendable (Response, Call) -> String
  ) -> CommandBody {
    CommandBody(changes: changes) { (invocation) throws(Failure) in
      var fields = fixed.merged(with: try invocation.boundFields())
      let client = try prepare?(invocation, &fields)
      let call = Call(invocation: invocation, fields: fields)
      let reply = try invocation.call(method, over: client, fields)
      try invocation.answer(reply.message) { text($0, call) }
      return yes?(reply.message) ?? true ? .success : .denied
    }
  }

  /// Makes one call that changes something, and prints the sentence `done` with the revision. In
  /// it, `{team_id}` is the field of the request with that name.
  static func change<Request: Requests, Response: Answers>(
    _ method: @escaping Method<Request, Response>, setting fixed: FieldValues = [:],
    prepare: Preparation? = nil, done sentence: String
  ) -> CommandBody {
    .ask(method, changes: true, setting: fixed, prepare: prepare) { answer, call in
      let revision = call.style.text(answer.fields["revision"])
      return "\(call.fields.filling(sentence)) (revision \(revision))"
    }
  }

  /// Makes one call and prints a line for each of `rows` that has a value. They are read from the
  /// answer's message `item`.
  static func show<Request: Requests, Response: Answers>(
    _ method: @escaping Method<Request, Response>, changes: Bool = false, _ item: String,
    prepare: Preparation? = nil, rows: [Column]
  ) -> CommandBody {
    .ask(method, changes: changes, prepare: prepare) { answer, call in
      guard let message = answer.fields.message(item) else { return "" }
      return Column.lines(rows, of: message, call.style)
    }
  }

  /// Makes a call for each page of a list, from the first to the last. JSON is printed page by
  /// page; as text, all `items` are rows of one table. If there are none, `nothing` is printed to
  /// standard error; in it, `{team_id}` is that field of the request.
  static func list<Request: Requests, Response: Answers>(
    _ method: @escaping Method<Request, Response>, _ items: String,
    setting fixed: FieldValues = [:], columns: [Column], nothing: String
  ) -> CommandBody {
    .own { (invocation) throws(Failure) in
      let fields = fixed.merged(with: try invocation.boundFields())
      let client = try invocation.connect()
      let style = DisplayStyle(invocation, isShort: true)
      var table = TextTable(columns.map(\.title))
      try invocation.forEachPage(method, over: client, fields) { (page) throws(Failure) in
        if invocation.output == .json {
          try invocation.print(page.jsonText)
        } else {
          Column.add(columns, ofEach: items, in: page.fields, to: &table, style)
        }
        return true
      }
      guard invocation.output == .text else { return .success }
      if table.isEmpty {
        invocation.remark(fields.filling(nothing))
      } else {
        try invocation.print(table.text)
      }
      return .success
    }
  }
}

/// The builder of a request.
typealias Requests = MessageBuilder & SendableMetatype & ~Escapable
/// An answer.
typealias Answers = MessageView & SendableMetatype & ~Escapable

/// A call of a command: where it comes from, and what it asks for.
struct Call {
  let invocation: Invocation
  let fields: FieldValues

  var style: DisplayStyle { DisplayStyle(invocation) }
}

extension Invocation {
  /// Makes one call over `client`, or over a connection of its own. The request gets the fields,
  /// and what `fill` adds.
  func call<Request: Requests, Response: Answers>(
    _ method: CommandBody.Method<Request, Response>, over client: PosternClient? = nil,
    _ fields: FieldValues = [:], fill: (Request) -> Void = { _ in }
  ) throws(Failure) -> Reply<Response> {
    let client = if let client { client } else { try connect() }
    do {
      return try method(client)({ request in
        fields.fill(request)
        fill(request)
      })
    } catch {
      throw .call(error)
    }
  }

  /// Makes one call that is answered with a stream, and gives each message to `body`.
  func stream<Request: Requests, Response: Answers>(
    _ method: (PosternClient) -> ((Request) -> Void, (Response) throws(ClientError) -> Bool)
      throws(ClientError) -> Void,
    over client: PosternClient, _ fields: FieldValues,
    body: (Response) throws(Failure) -> Void
  ) throws(Failure) {
    var failure: Failure?
    do throws(ClientError) {
      try method(client)({ fields.fill($0) }) { message in
        do throws(Failure) { try body(message) } catch { failure = error }
        return failure == nil
      }
    } catch {
      throw .call(error)
    }
    if let failure { throw failure }
  }

  /// Calls a method for each page of a list (AIP-158) until the last, or until `body` returns
  /// false.
  func forEachPage<Request: Requests, Response: Answers>(
    _ method: CommandBody.Method<Request, Response>, over client: PosternClient,
    pageSize: Int64 = 500, _ fields: FieldValues, body: (Response) throws(Failure) -> Bool
  ) throws(Failure) {
    var fields = fields
    fields["page_size"] = .signed(pageSize)
    while true {
      let reply = try call(method, over: client, fields)
      let next = reply.message.fields["next_page_token"]
      guard try body(reply.message), next != .text("") else { return }
      fields["page_token"] = next
    }
  }

  /// The fields that the command's operands and options fill.
  func boundFields() throws(Failure) -> FieldValues {
    var fields = FieldValues()
    // Where `-` stands for the token, it may stand anywhere.
    let takesToken = command.operands.contains { $0.name == "-" }
    let given = takesToken ? operands.filter { $0 != "-" } : operands
    for (operand, text) in zip(command.operands, given) {
      try operand.fills?.fill(&fields, with: [text], of: operand.name, in: self)
    }
    for option in command.options where has(option) {
      try option.fills?.fill(
        &fields, with: all(option), of: option.name, choices: option.choices, in: self)
    }
    return fields
  }
}

/// The fields of a request, by their paths.
struct FieldValues: Sendable, ExpressibleByDictionaryLiteral {
  private var values: [(path: String, value: FieldValue)] = []
  private var secret: (path: String, text: Secret)?

  init(dictionaryLiteral elements: (String, FieldValue)...) {
    values = elements.map { (path: $0.0, value: $0.1) }
  }

  subscript(path: String) -> FieldValue? {
    get { values.first { $0.path == path }?.value }
    set {
      values.removeAll { $0.path == path }
      if let newValue { values.append((path, newValue)) }
    }
  }

  /// Adds a secret, which is never shown.
  mutating func set(_ path: String, secret text: Secret) { secret = (path, text) }

  func merged(with others: FieldValues) -> FieldValues {
    var all = self
    for (path, value) in others.values { all[path] = value }
    return all
  }

  func fill<Request: Requests>(_ request: Request) {
    for (path, value) in values { request.set(path, to: value) }
    if let secret { request.set(secret.path, utf8: secret.text.bytes) }
  }

  /// A sentence in which `{path}` is replaced by the text of that field.
  func filling(_ sentence: String) -> String {
    var filled = ""
    for piece in sentence.split(separator: "{", omittingEmptySubsequences: false) {
      guard let end = piece.firstIndex(of: "}") else {
        filled += piece
        continue
      }
      guard case .text(let text) = self[String(piece[..<end])] else {
        preconditionFailure("a sentence names a field that is not in the request: \(piece)")
      }
      filled += text + piece[piece.index(after: end)...]
    }
    return filled
  }
}
