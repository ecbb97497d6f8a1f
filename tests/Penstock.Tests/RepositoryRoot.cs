namespace Penstock.Tests;

/// <summary>The repository that these tests were built in.</summary>
internal static class RepositoryRoot
{
    /// <summary>The folder of the solution.</summary>
    public static string Path { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>
    /// Files below a folder of the repository, build output left out, with <c>/</c> in their relative paths.
    /// </summary>
    public static IEnumerable<string> Files(string folder, string pattern)
    {
        string root = System.IO.Path.Combine(Path, folder);
        if (!Directory.Exists(root))
            return [];
        return Directory.EnumerateFiles(root, pattern, SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetRelativePath(Path, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Any(part => part is "bin" or "obj" or "artifacts"))
            .Order(StringComparer.Ordinal);
    }

    public static string[] Lines(string file) => File.ReadAllLines(System.IO.Path.Combine(Path, file));

    /// <summary>What a project's build made, in the configuration that these tests were built in.</summary>
    public static string Output(string project, string file)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(System.IO.Path.DirectorySeparatorChar));
        return System.IO.Path.Combine(Path, project, "bin", framework.Parent!.Name, framework.Name, file);
    }

    private static string Find(DirectoryInfo? folder)
    {
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Penstock.slnx")))
            folder = folder.Parent;
        return folder?.FullName
            ?? throw new DirectoryNotFoundException("Penstock.slnx is in no folder above the tests.");
    }
}
