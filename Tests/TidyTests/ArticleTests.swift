internal import Foundation
internal import Testing

/// What the README and the articles name exists.
@Suite struct ArticleTests {
  private let repository = Repository()
  private let articles: [(name: String, text: String)]

  init() throws {
    let repository = Repository()
    articles = try (["README.md"] + repository.paths(below: "Sources", suffix: ".md")).map {
      (name: $0, text: try repository.text($0))
    }
  }

  @Test func thereAreArticles() { #expect(articles.count > 8) }

  @Test func filesExist() {
    let paths = ["Sources", "Tests"].flatMap { repository.paths(below: $0, suffix: ".swift") }
    for (article, name) in names(#/`([A-Za-z+/]+\.swift)`/#) where name != "Package.swift" {
      let isThere = paths.contains { "/\($0)".hasSuffix("/\(name)") }
      #expect(isThere, "\(article) names `\(name)`")
    }
  }

  @Test func foldersExist() {
    for (article, name) in names(#/`((?:Sources|Tests|proto|\.ci)(?:/[A-Za-z0-9.-]+)*)/?`/#) {
      let isThere = FileManager.default.fileExists(
        atPath: repository.root.appendingPathComponent(name).path)
      #expect(isThere, "\(article) names `\(name)`")
    }
  }

  @Test func testsExist() {
    let files = repository.paths(below: "Tests", suffix: ".swift")
    let known = Set(files.flatMap { $0.split(whereSeparator: { $0 == "/" || $0 == "." }) })
    for (article, name) in names(#/`([A-Z][A-Za-z0-9]+Tests)`/#) {
      #expect(known.contains(name[...]), "\(article) names `\(name)`")
    }
  }

  @Test func functionsExist() throws {
    let sources = try repository.paths(below: "Sources", suffix: ".swift")
      .filter { !$0.contains("Generated/") }.map { try repository.text($0) }
    for article in articles {
      // `Type.member`, and a function that stands behind its file.
      for found in article.text.matches(of: #/`[A-Z][a-z][A-Za-z]*\.([a-z][A-Za-z]+)`/#)
      where found.1 != "swift" {
        let isThere = sources.contains { text in
          ["func", "var", "let"].contains { text.contains("\($0) \(found.1)") }
        }
        #expect(isThere, "\(article.name) names \(found.0)")
      }
      for found in article.text.matches(of: #/\.swift`,\s+`([a-z][A-Za-z]+)`/#) {
        let isThere =
          found.1.hasPrefix("dispatch") || sources.contains { $0.contains("func \(found.1)") }
        #expect(isThere, "\(article.name) names the function `\(found.1)`")
      }
    }
  }

  /// Metrics, and what a header for clients has.
  @Test func metricsExist() throws {
    let known = quoted(in: "Services")
    let header = try repository.text("Sources/CEpochs/include/postern_epochs.h")
    // Not what a proxy calls a header.
    let found = names(#/((?:http_x_)?postern_[a-z_]+)/#).filter { !$0.name.hasPrefix("http_x_") }
    for (article, name) in found where !header.contains(name) {
      let metric = name.replacing("_total", with: "")
      #expect(known.contains(metric[...]), "\(article) names `\(name)`")
    }
  }

  @Test func flagsExist() {
    // Those of the command line are written with their dashes, and those of the daemon with the
    // name of their value.
    let settings = Set(quoted(in: "Server").compactMap { $0.split(separator: " ").first })
    let known = settings.union(quoted(in: "postern")).union(["config"])
    for (article, name) in names(#/`(?:posternd? [^`\n]*)?--([a-z-]+[a-z])[^a-z_-]/#) {
      let isThere = known.contains(name[...]) || known.contains("--\(name)")
      #expect(isThere, "\(article) names `--\(name)`")
    }
  }

  @Test func targetsOfMakeExist() throws {
    let makefile = try repository.text("Makefile")
    for (article, name) in names(#/`make ([a-z]+)/#) {
      let isThere = makefile.contains("\n\(name):")
      #expect(isThere, "\(article) names `make \(name)`")
    }
  }

  private func names(
    _ pattern: Regex<(Substring, Substring)>
  ) -> [(article: String, name: String)] {
    articles.flatMap { article in
      article.text.matches(of: pattern).map { (article: article.name, name: String($0.output.1)) }
    }
  }

  /// What stands between quotes in a module; also what stands between two of them.
  private func quoted(in module: String) -> Set<Substring> {
    Set(
      repository.swiftFiles(below: "Sources/" + module).flatMap { file in
        file.lines.flatMap { $0.split(separator: "\"") }
      })
  }
}
