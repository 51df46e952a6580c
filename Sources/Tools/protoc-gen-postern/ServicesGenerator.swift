/// Generates the daemon's side of services: a protocol for each, whose every method must be
/// implemented, the method table, and the dispatch from a method to its implementation.
enum ServicesGenerator {
  static func files(_ wanted: [Schema.File], _ schema: Schema) -> [(path: String, source: String)] {
    let services = wanted.flatMap(\.services)
    return services.map { (path: protocolName($0) + ".swift", source: protocolSource($0, schema)) }
      + [
        ("Method.swift", methodTable(services, schema)),
        ("PosternServices+Dispatch.swift", dispatch(services, schema)),
      ]
  }

  private static func kind(_ method: Schema.Method) -> String {
    switch (method.clientStreams, method.serverStreams) {
    case (false, false):
      method.isBackground ? "background" : method.isQuery ? "query" : "command"
    case (true, false): "stream(.requests, isCommand: \(!method.isQuery))"
    case (false, true): "stream(.responses, isCommand: \(!method.isQuery))"
    case (true, true): "stream(.both, isCommand: \(!method.isQuery))"
    }
  }

  /// Services of the contract keep their names; others get their package's name as a prefix.
  private static func protocolName(_ service: Schema.Service) -> String {
    service.package.hasPrefix("postern.")
      ? service.name : Names.namespace(service.package) + service.name
  }

  private static func caseName(_ service: Schema.Service, _ method: Schema.Method) -> String {
    Names.method(protocolName(service)) + method.name
  }

  private static func type(_ reference: String, _ schema: Schema) -> String {
    guard let message = schema.messages[reference] else { return reference }
    return Names.type(message.package, message.path)
  }

  private static func header(_ writer: inout SourceWriter, _ imports: [String]) {
    writer.line(generatedHeader)
    writer.line()
    for name in imports { writer.line(name) }
    writer.line()
  }

  private static func protocolSource(_ service: Schema.Service, _ schema: Schema) -> String {
    var writer = SourceWriter()
    header(&writer, ["internal import Ledger", "internal import Messages", "internal import RPC"])
    writer.comment(service.comment, orElse: "The service `\(service.fullName)`.")
    writer.line("///")
    writer.line("/// The comments in its `.proto` file say what each method does.")
    writer.open("protocol \(protocolName(service))")
    for method in service.methods {
      if !method.isUnary { opening(method, in: schema, into: &writer) }
      if !method.isUnary, !method.isQuery {
        writer.line("/// One step of `\(method.name)`, in a write transaction of its own.")
      }
      guard method.isUnary || !method.isQuery else { continue }
      writer.line("func \(Names.method(method.name))(")
      let caller = method.readsSnapshot ? "for call: Call" : "by caller: Caller"
      let state =
        method.readsSnapshot ? "from snapshot: borrowing Snapshot" : "in draft: inout Draft"
      let start = method.takesStart ? "from start: Continuation?, " : ""
      writer.line("  _ request: \(type(method.input, schema)), \(start)\(caller), \(state),")
      let file = method.readsPolicyFile ? ", policyFile: PolicyReading?" : ""
      writer.line("  into response: \(type(method.output, schema)).Builder\(file)")
      let result =
        method.returnsStepEnd ? " -> StepEnd" : method.returnsRest ? " -> QueryRest?" : ""
      writer.line(") throws(Status)\(result)")
    }
    writer.close()
    return writer.text
  }

  /// What opens a call that streams: with the request, or for a stream of them with their type.
  private static func opening(
    _ method: Schema.Method, in schema: Schema, into writer: inout SourceWriter
  ) {
    writer.line("func \(Names.method(method.name))(")
    let input = type(method.input, schema)
    let request = method.clientStreams ? "_ requests: \(input).Type" : "_ request: \(input)"
    writer.line("  \(request), for call: Call, from snapshot: borrowing Snapshot")
    writer.line(") throws(Status) -> any StreamingCall")
  }

  private static func methodTable(
    _ services: [Schema.Service], _ schema: Schema
  ) -> String {
    var writer = SourceWriter()
    header(&writer, ["package import Messages", "package import RPC"])
    writer.line("/// Every method that the daemon knows.")
    writer.open("package enum Method: Int, CaseIterable, Sendable")
    for service in services {
      for method in service.methods { writer.line("case \(caseName(service, method))") }
    }
    writer.line()
    writer.line("/// What the router has to know of the method.")
    writer.open("package var descriptor: MethodDescriptor")
    writer.line("switch self {")
    for service in services {
      for method in service.methods {
        let kind = kind(method)
        writer.line("case .\(caseName(service, method)):")
        let names = "service: \"\(service.fullName)\", name: \"\(method.name)\""
        // A method can't forget it: the field is read for every request that has it.
        let fields = schema.messages[method.input]?.fields ?? []
        let bearer = fields.first { $0.name == "bearer" }.map { ", bearerField: \($0.number)" }
        let file = method.readsPolicyFile ? ", readsPolicyFile: true" : ""
        writer.line("  MethodDescriptor(\(names), kind: .\(kind)\(bearer ?? "")\(file))")
      }
    }
    writer.line("}")
    writer.close()
    messageTypes(services, schema, into: &writer)
    writer.close()
    return writer.text
  }

  /// What a framing has to know that shows messages in another form than their encoded one.
  private static func messageTypes(
    _ services: [Schema.Service], _ schema: Schema, into writer: inout SourceWriter
  ) {
    writer.gap()
    writer.line("/// The types of its messages.")
    writer.open("package var messages: (request: MessageType, response: MessageType)")
    writer.line("switch self {")
    let all = services.flatMap { service in service.methods.map { (service, $0) } }
    for (service, method) in all {
      let input = type(method.input, schema)
      let output = type(method.output, schema)
      writer.line("case .\(caseName(service, method)):")
      writer.line("  (MessageType(\(input).self), MessageType(\(output).self))")
    }
    writer.line("}")
    writer.close()
    writer.gap()
    writer.line("/// Whether a call changes nothing.")
    // A report that is repeated counts twice, though it is no command.
    let pure = all.filter { $1.isQuery && $1.name != "ReportUses" }
    flag("hasNoSideEffects", of: pure.map(caseName), access: "package ", into: &writer)
  }

  private static func dispatch(_ services: [Schema.Service], _ schema: Schema) -> String {
    var writer = SourceWriter()
    header(&writer, ["internal import Ledger", "package import Messages", "package import RPC"])
    writer.line("// A service whose methods are not all implemented does not compile.")
    let names = services.map(protocolName)
    writer.line("extension PosternServices: \(names.joined(separator: ", ")) {}")
    writer.line()
    writer.open("extension PosternServices")
    for isQuery in [true, false] { dispatch(services, in: schema, isQuery: isQuery, into: &writer) }
    openings(services, in: schema, into: &writer)
    writer.close()
    stamps(services, in: schema, into: &writer)
    commands(services, in: schema, into: &writer)
    return writer.text
  }

  /// Whether the answers of a service carry the revision at which they were computed, as the
  /// contract's own services do.
  private static func isStamped(_ service: Schema.Service) -> Bool {
    service.fullName.hasPrefix("postern.v1.")
  }

  /// An answer without the necessary fields does not compile.
  private static func stamps(
    _ services: [Schema.Service], in schema: Schema, into writer: inout SourceWriter
  ) {
    writer.gap()
    writer.line("// An answer that can't say its revision and epoch does not compile.")
    let methods = services.filter(isStamped).flatMap(\.methods)
    for output in Set(methods.map { type($0.output, schema) }).sorted() {
      writer.line("extension \(output).Builder: StampedAnswer {}")
    }
  }

  private static func openings(
    _ services: [Schema.Service], in schema: Schema, into writer: inout SourceWriter
  ) {
    writer.gap()
    writer.line("/// Opens a call that streams.")
    writer.line("func dispatchOpening(")
    writer.line("  _ method: Method, _ payload: Span<UInt8>, for call: Call,")
    writer.line("  from snapshot: borrowing Snapshot, in arena: borrowing Arena")
    writer.open(") throws(Status) -> any StreamingCall")
    writer.line("switch method {")
    for service in services {
      for method in service.methods where !method.isUnary {
        writer.line("case .\(caseName(service, method)):")
        let input = type(method.input, schema)
        guard !method.clientStreams else {
          writer.line(
            "  return try \(Names.method(method.name))(\(input).self, for: call, from: snapshot)")
          continue
        }
        writer.line("  let request: \(input) = try decode(payload, arena)")
        requireRevision(of: method, in: schema, into: &writer)
        writer.line("  return try \(Names.method(method.name))(request, for: call, from: snapshot)")
      }
    }
    writer.line("default: preconditionFailure(\"the router sent a method of another kind\")")
    writer.line("}")
    writer.close()
  }

  private static func requireRevision(
    of method: Schema.Method, in schema: Schema, into writer: inout SourceWriter
  ) {
    let fields = schema.messages[method.input]?.fields ?? []
    guard method.isQuery, fields.contains(where: { $0.name == "at_least_revision" }) else { return }
    writer.line(
      "  try snapshot.require(atLeast: request.atLeastRevision, of: request.ledgerEpoch)")
  }

  private static func dispatch(
    _ services: [Schema.Service], in schema: Schema, isQuery: Bool, into writer: inout SourceWriter
  ) {
    writer.gap()
    if isQuery {
      writer.line(
        "/// Answers a query, or a method of a background thread, from a snapshot; the answer")
      writer.line("/// goes into `output`. Returns the rest if its time was over before, else nil.")
    } else {
      writer.line(
        "/// Decides a command, or a step of one that streams, inside the write transaction;")
      writer.line(
        "/// the answer goes into `output`. The caller is found before the request is decoded.")
    }
    writer.line("func \(isQuery ? "dispatchQuery" : "dispatchCommand")(")
    writer.line("  _ method: Method, _ payload: \(isQuery ? "Span<UInt8>" : "CheckedMessage"),")
    let parameter = isQuery ? "from snapshot: borrowing Snapshot" : "in draft: inout Draft"
    writer.line("  for call: Call, \(isQuery ? "" : "at step: CommandStep, ")\(parameter),")
    writer.line("  arena: borrowing Arena, into output: inout ByteBuffer")
    writer.open(") throws(Status) -> \(isQuery ? "QueryRest?" : "CommandEnd")")
    if isQuery {
      writer.line("var rest: QueryRest?")
    } else {
      writer.line("let caller = try caller(of: method, for: call, at: step, in: draft)")
      writer.line("let asksToWait: Bool")
      writer.line("var end = StepEnd.done")
    }
    let state = isQuery ? "snapshot" : "draft"
    let arguments =
      (isQuery ? "for: call, from: snapshot" : "by: caller, in: &draft") + ", into: response"
    writer.line("switch method {")
    for service in services {
      for method in service.methods
      where method.readsSnapshot == isQuery && (method.isUnary || !isQuery) {
        writer.line("case .\(caseName(service, method)):")
        let decode = isQuery ? "try decode(payload, arena)" : "try unpack(payload, arena)"
        writer.line("  let request: \(type(method.input, schema)) = \(decode)")
        requireRevision(of: method, in: schema, into: &writer)
        if !isQuery {
          // A command can't forget it: one without the field does not compile.
          writer.line("  asksToWait = try step.waitsForFleet(request.wait)")
        }
        writer.line("  let response = \(type(method.output, schema)).Builder(in: arena)")
        let start = method.takesStart ? "from: step.start, " : ""
        let file = method.readsPolicyFile ? ", policyFile: step.policyFile" : ""
        let result = method.returnsStepEnd ? "end = " : method.returnsRest ? "rest = " : ""
        writer.line(
          "  \(result)try \(Names.method(method.name))(request, \(start)\(arguments)\(file))")
        if !method.isBackground, isStamped(service) {
          writer.line("  response.stamp(\(state).revision, \(state))")
        }
        writer.line("  response.encode(into: &output)")
      }
    }
    writer.line("default: preconditionFailure(\"the router sent a method of another kind\")")
    writer.line("}")
    writer.line("return \(isQuery ? "rest" : "CommandEnd(end, asksToWait: asksToWait)")")
    writer.close()
  }

  /// What is known of a command before it is decoded: the type of its request, and which callers
  /// may give it.
  private static func commands(
    _ services: [Schema.Service], in schema: Schema, into writer: inout SourceWriter
  ) {
    writer.gap()
    writer.open("extension Method")
    writer.line(
      "/// Checks the encoded request of a method that another thread decodes, in one pass")
    writer.line("/// without unpacking it. Fails with INVALID_ARGUMENT.")
    writer.line("package func check(")
    writer.line("  _ payload: Span<UInt8>, _ limits: DecodeLimits")
    writer.open(") throws(Status) -> CheckedMessage")
    writer.open(
      "func check<Request: MessageView & ~Escapable>(_ type: Request.Type) throws(Status) "
        + "-> CheckedMessage")
    writer.line("try PosternServices.check(payload, as: type, limits: limits)")
    writer.close()
    writer.line("return switch self {")
    let all = services.flatMap { service in service.methods.map { (service, $0) } }
    for (service, method) in all where !method.isQuery || method.isBackground {
      let input = type(method.input, schema)
      writer.line("case .\(caseName(service, method)): try check(\(input).self)")
    }
    writer.line("default: preconditionFailure(\"the router sent a method of another kind\")")
    writer.line("}")
    writer.close()
    writer.gap()
    writer.line("/// Whether a process may give the command without a token and without a role.")
    let opened = all.filter { $1.isOpenToAll }
    flag("isOpenToAll", of: opened.map(caseName), into: &writer)
    writer.gap()
    writer.line("/// Whether the command is a step of a call with a stream of answers. It goes on")
    writer.line("/// with the rights that the call was opened with.")
    let steps = all.filter { !$1.isQuery && $1.serverStreams }
    flag("continuesCall", of: steps.map(caseName), into: &writer)
    writer.close()
  }

  private static func flag(
    _ name: String, of cases: [String], access: String = "", into writer: inout SourceWriter
  ) {
    writer.open("\(access)var \(name): Bool")
    writer.line("switch self {")
    writer.line("case \(cases.map { "." + $0 }.joined(separator: ", ")): true")
    writer.line("default: false")
    writer.line("}")
    writer.close()
  }
}
