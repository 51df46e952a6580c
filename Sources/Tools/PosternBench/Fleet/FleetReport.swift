internal import Foundation

/// The figures of a fleet, in the order of measuring.
struct FleetReport: Encodable {
  private(set) var lines: [Line] = []
  /// The values of the rounds, by name, until they are closed.
  private var rounds: [(name: String, values: [Double])] = []

  /// One figure; of several rounds the median.
  struct Line: Encodable {
    let name: String
    let value: Double
    let unit: String
    /// The slowest and the fastest round; nil for a figure of one round.
    let least: Double?
    let greatest: Double?
    /// What it is to be at least, or at most; nil for a figure without a target.
    let target: String?
    let isMet: Bool?
  }

  private enum CodingKeys: String, CodingKey { case lines }

  /// Adds a figure of one round.
  mutating func add(
    _ name: String, _ value: Double, unit: String, target: String? = nil, isMet: Bool? = nil
  ) {
    lines.append(
      Line(
        name: name, value: value, unit: unit, least: nil, greatest: nil, target: target,
        isMet: isMet))
  }

  /// Keeps the value of a round.
  mutating func note(_ name: String, _ value: Double) {
    if let index = rounds.firstIndex(where: { $0.name == name }) {
      rounds[index].values.append(value)
    } else {
      rounds.append((name, [value]))
    }
  }

  /// Adds the median of the rounds.
  mutating func close(
    _ name: String, unit: String, target: String? = nil, isMet: ((Double) -> Bool)? = nil
  ) {
    guard let index = rounds.firstIndex(where: { $0.name == name }) else { return }
    let values = rounds.remove(at: index).values
    let median = Self.median(values)
    lines.append(
      Line(
        name: name, value: median, unit: unit, least: values.min(), greatest: values.max(),
        target: target, isMet: isMet?(median)))
  }

  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// A table for people.
  var text: String {
    var rows = [row("a fleet on one PostgreSQL", ["median", "least", "greatest", "", "target"])]
    for line in lines {
      let target = line.target.map { "\($0)\(line.isMet == true ? "" : ", missed")" } ?? ""
      rows.append(
        row(
          line.name,
          [
            Self.text(line.value), line.least.map { Self.text($0) } ?? "",
            line.greatest.map { Self.text($0) } ?? "", line.unit, target,
          ]))
    }
    return rows.joined(separator: "\n") + "\n"
  }

  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    guard let data = try? encoder.encode(self) else { preconditionFailure("figures are finite") }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  private static func text(_ value: Double) -> String {
    String(format: value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.3f", value)
  }

  private func row(_ name: String, _ cells: [String]) -> String {
    let padded = cells.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }
    return name.padding(toLength: max(64, name.count), withPad: " ", startingAt: 0)
      + padded.joined()
  }
}
