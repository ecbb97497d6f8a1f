namespace Penstock.Testing;

/// <summary>Programs of the machine that a test needs.</summary>
internal static class Tools
{
    /// <summary>
    /// Skips the test when a program is missing; fails it instead where <c>PENSTOCK_REQUIRE_TOOLS</c> is 1, so that a
    /// build server cannot lose a test without a word.
    /// </summary>
    public static void Require(string program)
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (folders.Any(folder => File.Exists(Path.Combine(folder, program))))
            return;
        bool required = Environment.GetEnvironmentVariable("PENSTOCK_REQUIRE_TOOLS") == "1";
        Assert.False(required, $"{program} is not installed.");
        Assert.Skip($"{program} is not installed.");
    }
}
