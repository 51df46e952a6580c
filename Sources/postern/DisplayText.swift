/// Text from elsewhere, made fit for a terminal: what could steer one, or fake another line of the
/// output, is escaped.
struct DisplayText: CustomStringConvertible {
  let description: String

  init(_ text: String) {
    let isSteering = { (scalar: Unicode.Scalar) in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: true
      default: false
      }
    }
    guard text.unicodeScalars.contains(where: isSteering) else {
      description = text
      return
    }
    var escaped = ""
    for scalar in text.unicodeScalars {
      escaped += isSteering(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
    }
    description = escaped
  }

  init(_ bytes: Span<UInt8>) {
    guard let text = try? UTF8Span(validating: bytes) else {
      self.init("?")
      return
    }
    self.init(String(copying: text))
  }
}
