internal import JSON5
package import Ledger
package import Permissions

/// A policy that could come into force.
package struct PolicyCandidate: Sendable {
  /// What the file holds; empty for the built-in policy without one.
  package let text: [UInt8]
  package let hash: SHA256.Digest
  package let policy: Policy
  /// What is legal but probably not meant, each as one sentence.
  package let warnings: [String]

  /// The most bytes of a file.
  package static let maximumBytes = PolicyFile.maximumBytes

  /// The built-in policy.
  package static var builtIn: PolicyCandidate {
    PolicyCandidate(text: [], hash: SHA256.hash(Span()), policy: .builtIn, warnings: [])
  }

  private init(text: [UInt8], hash: SHA256.Digest, policy: Policy, warnings: [String]) {
    self.text = text
    self.hash = hash
    self.policy = policy
    self.warnings = warnings
  }

  /// Compiles the bytes of a policy file, which may be empty beside a base: the built-in policy of
  /// the version that put it into force.
  package init(file bytes: [UInt8], base: [UInt8] = []) throws(BrokenPolicy) {
    guard let text = String(validating: bytes, as: UTF8.self),
      let base = String(validating: base, as: UTF8.self)
    else {
      throw BrokenPolicy(problems: [(1, 1, "it is not UTF-8")])
    }
    let file: PolicyFile
    do throws(PolicyFileError) {
      file =
        base.isEmpty
        ? try PolicyFile(text) : try PolicyFile(text.isEmpty ? "{}" : text, base: base)
    } catch {
      throw BrokenPolicy(
        problems: error.problems.map { ($0.place.line, $0.place.column, $0.problem) })
    }
    self.init(
      text: bytes, hash: SHA256.hash(bytes.span), policy: file.policy,
      warnings: file.warnings.map { warning in
        "line \(warning.place.line), column \(warning.place.column): \(warning.problem)"
      })
  }
}

/// The outcome of reading the policy file.
package enum PolicyReading: Sendable {
  /// The daemon runs without one.
  case noFile
  /// The file can't be read, and why.
  case unreadable(String)
  case broken(BrokenPolicy)
  case good(PolicyCandidate)
}

/// Everything that is wrong with a policy file; at least one thing.
package struct BrokenPolicy: Error, Sendable {
  /// Line and column are counted from one.
  package let problems: [(line: Int, column: Int, problem: String)]

  init(problems: [(line: Int, column: Int, problem: String)]) { self.problems = problems }

  /// All problems in one line.
  package var message: String {
    problems.map { "line \($0.line), column \($0.column): \($0.problem)" }.joined(separator: "; ")
  }
}
