internal import Foundation
internal import Testing

#if canImport(FoundationXML)
  internal import FoundationXML
#endif

@testable internal import PosternBench

/// Axes, and pictures as a reader of XML sees them.
@Suite struct PictureTests {
  private let chart = Chart(
    title: "A < B & \"C\"", x: .logarithmic("connections", from: 1, to: 256),
    y: .linear("calls", upTo: 37),
    series: [
      Chart.Series(name: "one", points: [(1, 0), (10, 37), (256, 20)]),
      Chart.Series(name: "two <", points: [(1, 5)]),
    ])

  @Test func linearAxisHasRoundMarks() {
    #expect(Axis.linear("", upTo: 37).marks.map(\.text) == ["0", "10", "20", "30", "40"])
    #expect(Axis.linear("", upTo: 0.9).marks.map(\.text) == ["0", "0.2", "0.4", "0.6", "0.8", "1"])
    #expect(Axis.linear("", upTo: 500_000).marks.last?.text == "500,000")
    let axis = Axis.linear("", upTo: 40)
    #expect(axis.position(0) == 0 && axis.position(20) == 0.5 && axis.position(40) == 1)
    #expect(axis.position(-1) == 0 && axis.position(99) == 1, "within the frame")
  }

  @Test func logarithmicAxisHasPowersOfTen() {
    let axis = Axis.logarithmic("", from: 7, to: 1200)
    #expect(axis.marks.map(\.text) == ["1", "10", "100", "1,000", "10,000"])
    #expect(abs(axis.position(100) - 0.5) < 1e-9)
    #expect(axis.position(0) == 0)
    #expect(Axis.logarithmic("", from: 10, to: 10).marks.map(\.text) == ["10", "100"])
    #expect(Axis.logarithmic("", from: 0.02, to: 0.5).marks.map(\.text) == ["0.01", "0.1", "1"])
  }

  @Test func eachNineIsAsFarAsTheLast() {
    let axis = Axis.percentiles("percentile")
    #expect(axis.marks.map(\.text) == ["0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"])
    let places = [90, 99, 99.9, 99.99].map { axis.position(Axis.nines($0)) }
    for (place, expected) in zip(places, [0.25, 0.5, 0.75, 1]) {
      #expect(abs(place - expected) < 1e-6)
    }
  }

  @Test func chartIsXML() throws {
    let seen = Seen(chart.svg)
    #expect(seen.isWhole)
    #expect(seen.count("polyline") == 2 && seen.count("circle") == 4)
    #expect(seen.texts.contains("A < B & \"C\"") && seen.texts.contains("two <"))
    #expect(chart.svg.contains("@media (prefers-color-scheme:dark)"))
    #expect(!chart.svg.contains("http://") || chart.svg.contains("xmlns=\"http://www.w3.org"))
  }

  @Test func barsAreXML() throws {
    let bars = Bars(
      title: "costs", axisTitle: "ns",
      [
        Bars.Bar(name: "kept", value: 12, text: "12 ns"),
        Bars.Bar(name: "call", value: 43_000, text: "43 µs"),
      ])
    let seen = Seen(bars.svg)
    #expect(seen.isWhole && seen.count("rect") == 2)
    #expect(seen.texts.contains("43 µs"))
    #expect(bars.axis.position(12) > 0.1, "the shortest bar is to be seen")
  }

  @Test func fewOfZipfAreDrawnOften() {
    let zipf = Zipf(count: 1000, exponent: 0.99)
    var random = SplitMix64(seed: 7)
    var counts = [Int](repeating: 0, count: 1000)
    for _ in 0..<200_000 { counts[zipf.next(using: &random)] += 1 }
    let total = (1...1000).reduce(0) { $0 + pow(Double($1), -0.99) }
    for rank in [1, 2, 10, 100] {
      let expected = 200_000 * pow(Double(rank), -0.99) / total
      let found = Double(counts[rank - 1])
      #expect(abs(found / expected - 1) < 0.25, "\(rank): \(found) of \(expected)")
    }
    #expect(counts[999] < counts[9])
  }
}

/// What a document has.
private final class Seen: NSObject, XMLParserDelegate {
  private(set) var isWhole = false
  private(set) var texts: [String] = []
  private var counts: [String: Int] = [:]
  private var text = ""

  init(_ document: String) {
    super.init()
    let parser = XMLParser(data: Data(document.utf8))
    parser.delegate = self
    isWhole = parser.parse()
  }

  func count(_ name: String) -> Int { counts[name] ?? 0 }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    counts[name, default: 0] += 1
    text = ""
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    texts.append(text)
    text = ""
  }
}
