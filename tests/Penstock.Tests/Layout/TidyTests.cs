using System.Text.RegularExpressions;

namespace Penstock.Tests.Layout;

/// <summary>What a reviewer should not have to look for.</summary>
public sealed partial class TidyTests
{
    private const int MaxColumns = 120;
    private const int MaxLines = 400;

    private static readonly string[] SourceFolders = ["src", "tests", "bench", "samples"];

    private static IEnumerable<string> SourceFiles =>
        SourceFolders.Where(folder => Directory.Exists(Path.Combine(RepositoryRoot.Path, folder)))
            .SelectMany(folder => RepositoryRoot.Files(folder, "*.cs"));

    [Fact]
    public void No_line_is_wider_than_the_editor_is_told() =>
        Assert.Empty(
            from file in SourceFiles
            from line in RepositoryRoot.Lines(file).Select((text, index) => (text.Length, Number: index + 1))
            where line.Length > MaxColumns
            select $"{file}:{line.Number} has {line.Length} columns");

    [Fact]
    public void No_file_holds_two_ideas() =>
        Assert.Empty(
            from file in RepositoryRoot.Files("src", "*.cs")
            let lines = RepositoryRoot.Lines(file).Length
            where lines > MaxLines
            select $"{file} has {lines} lines");

    [Fact]
    public void Nothing_is_left_to_be_done_later() =>
        Assert.Empty(
            from file in SourceFiles
            from line in RepositoryRoot.Lines(file).Select((text, index) => (text, Number: index + 1))
            where LeftForLater().IsMatch(line.text)
            select $"{file}:{line.Number}: {line.text.Trim()}");

    [Fact]
    public void Every_page_has_one_title() =>
        Assert.Empty(
            from file in Pages()
            let titles = Headings(file).Count(line => line.StartsWith("# ", StringComparison.Ordinal))
            where titles != 1
            select $"{file} has {titles} titles");

    [Theory]
    [InlineData("// TO" + "DO: later", true)]
    [InlineData("/* FIX" + "ME */", true)]
    [InlineData("var toDoList = 1;", false)]
    [InlineData("// HAC" + "K: works", true)]
    public void The_rule_finds_what_it_is_for(string line, bool found) =>
        Assert.Equal(found, LeftForLater().IsMatch(line));

    private static IEnumerable<string> Pages()
    {
        IEnumerable<string> top = Directory.EnumerateFiles(RepositoryRoot.Path, "*.md").Select(Path.GetFileName)!;
        return Directory.Exists(Path.Combine(RepositoryRoot.Path, "docs"))
            ? top.Concat(RepositoryRoot.Files("docs", "*.md"))
            : top;
    }

    /// <summary>A page's lines without its code blocks, in which a number sign begins a comment.</summary>
    private static IEnumerable<string> Headings(string file)
    {
        bool inCode = false;
        foreach (string line in RepositoryRoot.Lines(file))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal))
                inCode = !inCode;
            else if (!inCode)
                yield return line;
        }
    }

    [GeneratedRegex(@"\b(TO(?:)DO|FIX(?:)ME|HAC(?:)K|X(?:)XX)\b")]
    private static partial Regex LeftForLater();
}
