using System.Text.RegularExpressions;

namespace Penstock.Tests.Layout;

/// <summary>
/// Dependencies of the engine point one way. A folder may use those it is listed with, and its own; what it uses is
/// read from its source, where a using directive or a qualified name shows it.
/// </summary>
public sealed partial class LayeringTests
{
    private const string Engine = "src/Penstock/";

    /// <summary>For each folder the folders it may use. The root, what a user touches, may use them all.</summary>
    private static readonly Dictionary<string, string[]> Layers = new()
    {
        ["Interop"] = [],
        ["Timing"] = [],
        ["Net"] = ["Interop"],
        ["Polling"] = ["Interop", "Net"],
        ["Buffers"] = ["Drivers", "Interop"],
        ["Drivers"] = ["Interop", "Net", "Polling", "Timing", "Buffers"],
        ["Connections"] = ["Drivers", "Net", "Timing", "Buffers", "Diagnostics"],
        ["Loop"] = ["Connections", "Drivers", "Net", "Timing", "Buffers", "Diagnostics"],
        ["Publishing"] = ["Loop", "Connections", "Buffers", "Diagnostics"],
        ["Diagnostics"] = [],
        ["Framing"] = [],
    };

    /// <summary>Of the drivers, buffers know the segment that they list for them.</summary>
    private static readonly string[] DriverTypesThatBuffersUse = ["SendSegment"];

    /// <summary>
    /// For each low folder the public types that it may name: options that it reads, and no server or handler.
    /// </summary>
    private static readonly Dictionary<string, string[]> RootTypes = new()
    {
        ["Interop"] = [],
        ["Timing"] = [],
        ["Buffers"] = [],
        ["Polling"] = [],
        ["Net"] = ["ServerOptions", "DescriptorEndPoint"],
        ["Drivers"] = ["LoopOptions", "IoMechanism"],
        ["Framing"] = ["Connection", "ConnectionHandler", "CloseReason"],
    };

    public static TheoryData<string> Folders => [.. Layers.Keys];

    public static TheoryData<string> LowFolders => [.. RootTypes.Keys];

    [Fact]
    public void Every_folder_has_its_place()
    {
        IEnumerable<string> folders = RepositoryRoot.Files(Engine, "*.cs")
            .Select(file => file[Engine.Length..].Split('/'))
            .Where(parts => parts.Length > 1)
            .Select(parts => parts[0])
            .Distinct();
        Assert.Empty(folders.Except(Layers.Keys));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_those_below_it(string folder)
    {
        string[] allowed = [folder, .. Layers[folder]];
        Assert.Empty(
            from file in RepositoryRoot.Files(Engine + folder, "*.cs")
            from used in FoldersUsedIn(file)
            where !allowed.Contains(used)
            select $"{file} uses {used}");
    }

    [Theory]
    [MemberData(nameof(LowFolders))]
    public void A_low_folder_names_few_public_types(string folder)
    {
        string[] rootTypes = [.. TypesOf("", SearchOption.TopDirectoryOnly), .. PublicConnectionTypes()];
        Assert.Empty(
            from file in RepositoryRoot.Files(Engine + folder, "*.cs")
            from word in Words(Code(file))
            where rootTypes.Contains(word) && !RootTypes[folder].Contains(word)
            select $"{file} uses {word}");
    }

    [Fact]
    public void Buffers_know_nothing_of_drivers_but_the_segment()
    {
        string[] driverTypes = [.. TypesOf("Drivers", SearchOption.AllDirectories)];
        Assert.Empty(
            from file in RepositoryRoot.Files(Engine + "Buffers", "*.cs")
            from word in Words(Code(file))
            where driverTypes.Contains(word) && !DriverTypesThatBuffersUse.Contains(word)
            select $"{file} uses {word}");
    }

    [Fact]
    public void The_engine_has_no_packages_but_its_analyzers()
    {
        string project = string.Join('\n', RepositoryRoot.Lines(Engine + "Penstock.csproj"));
        Assert.All(
            PackageReference().Matches(project),
            match => Assert.Contains("PrivateAssets=\"all\"", match.Value, StringComparison.Ordinal));
        Assert.DoesNotContain("<ProjectReference", project, StringComparison.Ordinal);
    }

    private static IEnumerable<string> FoldersUsedIn(string file)
    {
        string code = Code(file);
        return UsedNamespace().Matches(code).Concat(QualifiedName().Matches(code))
            .Select(match => match.Groups["folder"].Value)
            .Where(Layers.ContainsKey)
            .Distinct();
    }

    /// <summary>Types are named as their files are.</summary>
    private static IEnumerable<string> TypesOf(string folder, SearchOption depth) =>
        Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Path, Engine, folder), "*.cs", depth)
            .Select(file => Path.GetFileNameWithoutExtension(file));

    /// <summary>The types in the folder of connections that belong to the root's namespace.</summary>
    private static IEnumerable<string> PublicConnectionTypes() =>
        RepositoryRoot.Files(Engine + "Connections", "*.cs")
            .Where(file => RepositoryRoot.Lines(file).Contains("namespace Penstock;"))
            .Select(file => Path.GetFileNameWithoutExtension(file));

    /// <summary>A file's text without its comments, whose references bind nothing.</summary>
    private static string Code(string file) =>
        string.Join('\n', RepositoryRoot.Lines(file).Select(line => Comment().Replace(line, "")));

    private static IEnumerable<string> Words(string code) =>
        Word().Matches(code).Select(match => match.Value).Distinct();

    [GeneratedRegex(@"//.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"(?<!\.)\b[A-Z]\w*")]
    private static partial Regex Word();

    [GeneratedRegex(@"^using (static |\w+ = )?Penstock\.(?<folder>\w+)", RegexOptions.Multiline)]
    private static partial Regex UsedNamespace();

    // As in Drivers.CloseMode; a property of that name is followed by a member in most cases too, so only whole type
    // names count: a folder that begins an expression.
    [GeneratedRegex(
        @"(?<![\w.])(Penstock\.)?(?<folder>Interop|Drivers|Connections|Polling|Buffers|Framing|Net)\.(?=[A-Z])")]
    private static partial Regex QualifiedName();

    [GeneratedRegex("<PackageReference[^>]*>")]
    private static partial Regex PackageReference();
}
