/// Makes the client's side: a function for each unary method of the contract.
enum ClientGenerator {
  static func files(_ wanted: [Schema.File], _ schema: Schema) -> [(path: String, source: String)] {
    wanted.flatMap(\.services).compactMap { service in
      let methods = service.methods.filter(\.isUnary)
      guard service.package.hasPrefix("postern."), !methods.isEmpty else { return nil }
      return ("PosternClient+\(service.name).swift", source(service, methods, schema))
    }
  }

  private static func source(
    _ service: Schema.Service, _ methods: [Schema.Method], _ schema: Schema
  ) -> String {
    var writer = SourceWriter()
    writer.line(generatedHeader)
    writer.line()
    writer.line("public import Messages")
    writer.line()
    writer.open("extension PosternClient")
    for method in methods {
      guard let input = schema.messages[method.input], let output = schema.messages[method.output]
      else { continue }
      let request = Names.type(input.package, input.path)
      let response = Names.type(output.package, output.path)
      writer.gap()
      writer.comment(method.comment, orElse: "Calls `\(method.name)`.")
      writer.line("public func \(Names.method(method.name))(")
      writer.line("  _ fill: (\(request).Builder) -> Void")
      writer.open(") throws(ClientError) -> Reply<\(response)>")
      writer.line("try call(\"\(service.fullName)\", \"\(method.name)\", fill)")
      writer.close()
    }
    writer.close()
    return writer.text
  }
}
