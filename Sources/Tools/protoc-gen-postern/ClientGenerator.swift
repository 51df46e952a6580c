/// Generates the client's side: a function for each method of the contract, except those that
/// stream both ways, which one blocking thread can't serve.
enum ClientGenerator {
  static func files(_ wanted: [Schema.File], _ schema: Schema) -> [(path: String, source: String)] {
    wanted.flatMap(\.services).compactMap { service in
      let methods = service.methods.filter { !$0.clientStreams || !$0.serverStreams }
      guard service.package.hasPrefix("postern."), !methods.isEmpty else { return nil }
      return ("PosternClient+\(service.name).swift", source(for: service, methods, schema))
    }
  }

  private static func source(
    for service: Schema.Service, _ methods: [Schema.Method], _ schema: Schema
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
      writer.note(method)
      writer.line("public func \(Names.method(method.name))(")
      let names = "\"\(service.fullName)\", \"\(method.name)\""
      if method.clientStreams {
        writer.line("  next: (\(request).Builder) throws(ClientError) -> Bool")
        writer.open(") throws(ClientError) -> Reply<\(response)>")
        writer.line("try call(\(names), next: next)")
      } else if method.serverStreams {
        writer.line("  _ fill: (\(request).Builder) -> Void,")
        writer.line("  each: (\(response)) throws(ClientError) -> Bool")
        writer.open(") throws(ClientError)")
        writer.line("try call(\(names), fill: fill, each: each)")
      } else {
        writer.line("  _ fill: (\(request).Builder) -> Void")
        writer.open(") throws(ClientError) -> Reply<\(response)>")
        writer.line("try call(\(names), fill: fill)")
      }
      writer.close()
    }
    writer.close()
    return writer.text
  }
}

extension SourceWriter {
  /// What the contract's comment on a method can't say: how the client handles its stream.
  fileprivate mutating func note(_ method: Schema.Method) {
    guard !method.isUnary else { return }
    line("///")
    if method.clientStreams {
      line("/// `next` fills in the next message, or returns false after the last one. An error")
      line("/// gives the stream up, which closes the connection; the next call makes another.")
    } else {
      line(
        "/// `each` gets the messages in turn and returns whether it wants more. False or an error")
      line("/// gives the stream up, which closes the connection; the next call makes another.")
    }
  }
}
