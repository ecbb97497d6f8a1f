namespace Penstock.Testing;

/// <summary>Programs of the machine that a test needs.</summary>
internal static class Tools
{
    /// <summary>Whether <c>PENSTOCK_REQUIRE_TOOLS</c> is 1: what a test needs must be there.</summary>
    public static bool AreRequired { get; } = Environment.GetEnvironmentVariable("PENSTOCK_REQUIRE_TOOLS") == "1";

    /// <summary>
    /// Where a program is. Without it the test is skipped, or fails where <c>PENSTOCK_REQUIRE_TOOLS</c> is 1, so that a
    /// build server cannot lose a test without a word.
    /// </summary>
    public static string Require(string program)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string? path = folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        Assert.False(path is null && AreRequired, $"{program} is not installed.");
        Assert.SkipWhen(path is null, $"{program} is not installed.");
        return path;
    }
}
