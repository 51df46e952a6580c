/// Makes the daemon's side of services: for each a protocol whose every method must be implemented,
/// the method table, and the dispatch from a method to its implementation.
enum ServicesGenerator {
  static func files(_ wanted: [Schema.File], _ schema: Schema) -> [(path: String, source: String)] {
    let services = wanted.flatMap(\.services)
    let answered = services.filter { $0.methods.contains(where: \.isUnary) }
    return answered.map { (path: protocolName($0) + ".swift", source: protocolSource($0, schema)) }
      + [
        ("Method.swift", methodTable(services)),
        ("PosternServices+Dispatch.swift", dispatch(services, schema)),
      ]
  }

  /// Services of the contract keep their names; others get their package's before them.
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
    writer.open("protocol \(protocolName(service))")
    for method in service.methods where method.isUnary {
      writer.gap()
      writer.comment(method.comment, orElse: "The method `\(method.name)`.")
      writer.line("func \(Names.method(method.name))(")
      writer.line("  _ request: \(type(method.input, schema)), _ call: Call,")
      writer.line("  _ \(method.isQuery ? "snapshot: borrowing Snapshot" : "draft: inout Draft"),")
      writer.line("  _ response: \(type(method.output, schema)).Builder")
      writer.line(") throws(Status)")
    }
    writer.close()
    return writer.text
  }

  private static func methodTable(_ services: [Schema.Service]) -> String {
    var writer = SourceWriter()
    header(&writer, ["package import RPC"])
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
        let kind = method.isUnary ? (method.isQuery ? "query" : "command") : "stream"
        writer.line("case .\(caseName(service, method)):")
        let names = "service: \"\(service.fullName)\", name: \"\(method.name)\""
        writer.line("  MethodDescriptor(\(names), kind: .\(kind))")
      }
    }
    writer.line("}")
    writer.close()
    writer.close()
    return writer.text
  }

  private static func dispatch(_ services: [Schema.Service], _ schema: Schema) -> String {
    var writer = SourceWriter()
    header(&writer, ["package import Ledger", "package import Messages", "package import RPC"])
    writer.line("// A service whose methods are not all implemented does not compile.")
    let names = services.filter { $0.methods.contains(where: \.isUnary) }.map(protocolName)
    writer.line("extension PosternServices: \(names.joined(separator: ", ")) {}")
    writer.line()
    writer.open("extension PosternServices")
    for isQuery in [true, false] { dispatch(services, schema, isQuery: isQuery, &writer) }
    writer.close()
    return writer.text
  }

  private static func dispatch(
    _ services: [Schema.Service], _ schema: Schema, isQuery: Bool, _ writer: inout SourceWriter
  ) {
    writer.gap()
    let state = isQuery ? "snapshot" : "draft"
    if isQuery {
      writer.line("/// Answers a query from a snapshot; the encoded answer goes into `output`.")
    } else {
      writer.line(
        "/// Decides a command inside the write transaction; the answer goes into `output`.")
    }
    writer.line("package func \(isQuery ? "answer" : "decide")(")
    writer.line("  _ method: Method, _ payload: Span<UInt8>, _ call: Call,")
    writer.line("  _ \(state): \(isQuery ? "borrowing Snapshot" : "inout Draft"),")
    writer.line("  _ arena: borrowing Arena, _ output: inout ByteBuffer")
    writer.open(") throws(Status)")
    writer.line("switch method {")
    for service in services {
      for method in service.methods where method.isUnary && method.isQuery == isQuery {
        let input = schema.messages[method.input]
        let output = schema.messages[method.output]
        writer.line("case .\(caseName(service, method)):")
        writer.line("  let request: \(type(method.input, schema)) = try decode(payload, arena)")
        if isQuery, input?.fields.contains(where: { $0.name == "at_least_revision" }) == true {
          writer.line("  try snapshot.require(atLeast: request.atLeastRevision)")
        }
        writer.line("  let response = \(type(method.output, schema)).Builder(in: arena)")
        let mark = isQuery ? "" : "&"
        writer.line("  try \(Names.method(method.name))(request, call, \(mark)\(state), response)")
        if output?.fields.contains(where: { $0.name == "revision" && $0.number == 15 }) == true {
          writer.line("  response.setRevision(\(state).revision)")
        }
        writer.line("  response.encode(into: &output)")
      }
    }
    writer.line("default: preconditionFailure(\"the router sent a method of another kind\")")
    writer.line("}")
    writer.close()
  }
}
