/// Text in the OpenMetrics 1.0 exposition format, written family by family.
package struct OpenMetricsText {
  private var written = ""
  private let prefix: String
  /// The family that is being written; empty if its name doesn't begin with `prefix`.
  private var family = ""

  /// Starts a text that has only families whose names begin with `prefix`.
  package init(prefix: String = "") { self.prefix = prefix }

  /// The text so far, with the end mark of the format.
  package var text: String { written + "# EOF\n" }

  /// The types of families used here.
  package enum Kind: String {
    case counter, gauge, histogram, info
  }

  /// Starts a family. The unit, if there is one, is the last part of the name.
  package mutating func family(_ name: String, _ kind: Kind, help: String, unit: String = "") {
    guard name.hasPrefix(prefix) else {
      family = ""
      return
    }
    family = name
    written += "# TYPE \(name) \(kind.rawValue)\n"
    if !unit.isEmpty { written += "# UNIT \(name) \(unit)\n" }
    written += "# HELP \(name) \(help)\n"
  }

  /// Writes one sample of the family: `suffix` is `_total` for a counter, empty for a gauge.
  package mutating func sample(
    _ value: String, suffix: String = "", labels: [(String, String)] = []
  ) {
    guard !family.isEmpty else { return }
    written += family + suffix + Self.braced(labels) + " " + value + "\n"
  }

  /// Writes a histogram whose observations are divided by `scale`: nanoseconds into seconds.
  package mutating func histogram(
    _ reading: HistogramReading, labels: [(String, String)] = [], scale: UInt64 = 1
  ) {
    var running: UInt64 = 0
    for (index, count) in reading.counts.enumerated() {
      running += count
      let isLast = index == reading.bounds.count
      let bound = isLast ? "+Inf" : Self.quotient(reading.bounds[index], scale)
      sample("\(running)", suffix: "_bucket", labels: labels + [("le", bound)])
    }
    sample(Self.quotient(reading.total, scale), suffix: "_sum", labels: labels)
    sample("\(running)", suffix: "_count", labels: labels)
  }

  /// A quotient in decimal, exact for powers of ten: `2_000 / 1_000_000_000` is `0.000002`.
  package static func quotient(_ value: UInt64, _ scale: UInt64) -> String {
    let (whole, rest) = value.quotientAndRemainder(dividingBy: scale)
    guard scale > 1 else { return "\(whole).0" }
    let digits = String(String(scale + rest).dropFirst())
    let kept = String(digits.reversed().drop { $0 == "0" }.reversed())
    return "\(whole)." + (kept.isEmpty ? "0" : kept)
  }

  private static func braced(_ labels: [(String, String)]) -> String {
    guard !labels.isEmpty else { return "" }
    let pairs = labels.map { name, value in "\(name)=\"\(escaped(value))\"" }
    return "{" + pairs.joined(separator: ",") + "}"
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
