internal import Foundation
internal import Platform

/// The figures that the documentation shows as pictures and tables, a part after another:
/// `PosternBench figures`.
struct FiguresBench {
  static let role = "figures"

  enum Part: String, CaseIterable {
    case latency, throughput, growth, kept, writes, durable, workers, idle
  }

  /// What a part found: lines for people, and pictures.
  struct Findings {
    var lines: [String] = []
    var pictures: [(name: String, svg: String)] = []
  }

  let options: Options
  let folder: WorkFolder
  private let base: Base?

  /// What most parts ask: a daemon with tokens, and its rivals.
  struct Base {
    let postern: PosternPeer
    let secrets: SecretStore
    let rivals: [Rival]

    /// So many tokens are asked about; as many more are there to be revoked.
    static let askedCount = 100_000

    init(folder: WorkFolder) throws(BenchFailure) {
      postern = try PosternPeer(folder: folder)
      let load = LoadBox(
        try IssueConversation(), on: postern)
      _ = try load.run(.streams, until: .calls(2 * Self.askedCount))
      secrets = load.conversation.secrets
      rivals = try Rival.all(postern, secrets, count: Self.askedCount, folder: folder)
    }

    var validate: Rival { rivals[0] }
  }

  private static func parts(_ options: Options) -> [Part] {
    Part.allCases.filter { part in options.only.map { $0 == part.rawValue } ?? true }
  }

  init(options: Options, folder: WorkFolder) throws(BenchFailure) {
    self.options = options
    self.folder = folder
    let parts = Self.parts(options)
    guard !parts.isEmpty else { throw BenchFailure("no part is called `\(options.only ?? "")`") }
    let needed = parts.contains { [.latency, .throughput, .kept, .writes, .durable].contains($0) }
    base = needed ? try Base(folder: folder) : nil
  }

  func run() throws(BenchFailure) -> String {
    defer { Children.shared.stopAll() }
    var lines: [String] = []
    for part in Self.parts(options) {
      StandardError.write("PosternBench: measuring \(part.rawValue)\n")
      let findings = try find(part)
      lines += ["", "# \(part.rawValue)"] + findings.lines
      for picture in findings.pictures { try write(picture.svg, to: picture.name) }
    }
    if !Affinity.isPinned { lines.append("one processor: client and servers share it") }
    return lines.dropFirst().joined(separator: "\n") + "\n"
  }

  private func find(_ part: Part) throws(BenchFailure) -> Findings {
    switch part {
    case .growth: return try growth()
    case .workers: return try workers()
    case .idle: return try idle()
    case .latency, .throughput, .kept, .writes, .durable: break
    }
    guard let base else { preconditionFailure("this part needs a daemon") }
    switch part {
    case .latency: return try latency(base)
    case .throughput: return try throughput(base)
    case .kept: return try kept(base)
    case .writes: return try writes(base)
    default: return try durable(base)
    }
  }

  private func write(_ svg: String, to name: String) throws(BenchFailure) {
    guard let pictures = options.pictureFolder else { return }
    do {
      try FileManager.default.createDirectory(
        atPath: pictures, withIntermediateDirectories: true)
      try svg.write(toFile: "\(pictures)/\(name).svg", atomically: true, encoding: .utf8)
    } catch { throw BenchFailure("can't write `\(pictures)/\(name).svg`: \(error)") }
  }
}

extension FiguresBench {
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// A row of a table.
  static func row(_ name: String, _ cells: [String]) -> String {
    let padded = cells.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }
    return name.padding(toLength: 44, withPad: " ", startingAt: 0) + padded.joined()
  }

  static func row(_ name: String, _ cells: [Double], digits: Int) -> String {
    row(name, cells.map { String(format: "%.\(digits)f", $0) })
  }
}
