/// The samples of a text in the OpenMetrics format.
///
/// Types, units, help, timestamps and exemplars are skipped: the reader of the samples knows their
/// meaning.
package struct OpenMetricsReading {
  /// One line: `name{label="value"} 1.5`.
  package struct Sample: Equatable {
    package let name: String
    package let labels: [String: String]
    package let value: Double
  }

  package let samples: [Sample]

  /// Reads a text. Its last line must be `# EOF`; otherwise the text was cut off.
  package init(_ text: String) throws(OpenMetricsError) {
    var samples: [Sample] = []
    var isEnded = false
    let lines = Array(text.utf8).split(separator: 0x0a, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() where !line.isEmpty {
      if line.first == UInt8(ascii: "#") {
        isEnded = line.elementsEqual("# EOF".utf8)
        continue
      }
      var parser = LineParser(rest: line)
      guard !isEnded, let sample = parser.sample() else {
        throw OpenMetricsError(line: index + 1)
      }
      samples.append(sample)
    }
    guard isEnded else { throw OpenMetricsError(line: lines.count) }
    self.samples = samples
  }

  /// The value of the only sample with this name; 0 if there is none.
  func value(_ name: String) -> Double { samples.first { $0.name == name }?.value ?? 0 }
}

/// The place where a text is not OpenMetrics.
package struct OpenMetricsError: Error, Equatable {
  /// From 1.
  package let line: Int
}

/// Parses one line from its start. A missing part gives nil.
private struct LineParser {
  var rest: ArraySlice<UInt8>

  mutating func sample() -> OpenMetricsReading.Sample? {
    let name = take { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: " ") }
    guard !name.isEmpty, let labels = labels(), skip(" ") else { return nil }
    let number = take { $0 != UInt8(ascii: " ") }
    guard let value = Double(number), value.isFinite else { return nil }
    return OpenMetricsReading.Sample(name: name, labels: labels, value: value)
  }

  private mutating func labels() -> [String: String]? {
    var labels: [String: String] = [:]
    guard skip("{") else { return labels }
    if skip("}") { return labels }
    repeat {
      let name = take { $0 != UInt8(ascii: "=") }
      guard !name.isEmpty, skip("="), skip("\""), let value = quoted() else { return nil }
      guard labels.updateValue(value, forKey: name) == nil else { return nil }
    } while skip(",")
    return skip("}") ? labels : nil
  }

  /// The text before the closing quotation mark.
  private mutating func quoted() -> String? {
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\"") { return String(decoding: bytes, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      guard let escaped = rest.popFirst() else { return nil }
      bytes.append(escaped == UInt8(ascii: "n") ? 0x0a : escaped)
    }
    return nil
  }

  private mutating func take(while isPart: (UInt8) -> Bool) -> String {
    let part = rest.prefix(while: isPart)
    rest = rest.dropFirst(part.count)
    return String(decoding: part, as: UTF8.self)
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }
}
