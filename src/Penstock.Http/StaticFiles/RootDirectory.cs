using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Penstock.Http.StaticFiles;

/// <summary>Opens files below one directory and never any other, whatever the path says or links to.</summary>
/// <remarks>
/// A path is refused for what is in it: empty segments, dots, NUL, an encoded slash, a backslash. Where links lead is
/// seen after opening, on Linux from the descriptor itself, so that nothing can be exchanged in between; elsewhere
/// from the path, segment by segment.
/// </remarks>
internal sealed class RootDirectory
{
    private readonly string _root;

    public RootDirectory(string root)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if (!Directory.Exists(full))
            throw new DirectoryNotFoundException($"There is no directory '{root}'.");
        _root = RealPath(full);
    }

    /// <summary>
    /// Opens the file that a decoded path names; a directory means its index. Null when there is none to serve.
    /// </summary>
    public SafeFileHandle? TryOpen(ReadOnlySpan<byte> path, out string name)
    {
        name = "";
        if (!TryMap(path, out string file))
            return null;
        if (Directory.Exists(file))
            file = Path.Combine(file, StaticFileEndpoint.IndexName);
        if (!File.Exists(file))
            return null;
        name = file;
        return OpenBelowRoot(file);
    }

    private bool TryMap(ReadOnlySpan<byte> path, out string file)
    {
        file = _root;
        if (path.EndsWith("/"u8))
            path = path[..^1];
        if (path.IsEmpty)
            return true;
        foreach (Range segment in path.Split((byte)'/'))
        {
            if (!IsPlain(path[segment]))
                return false;
        }

        file = Path.Combine(_root, Encoding.UTF8.GetString(path));
        return true;
    }

    /// <summary>
    /// A name, and not a way to another directory. A decoded path has <c>%2F</c> only where a slash was encoded.
    /// </summary>
    private static bool IsPlain(ReadOnlySpan<byte> segment) =>
        !segment.IsEmpty && !segment.SequenceEqual("."u8) && !segment.SequenceEqual(".."u8) &&
        !segment.ContainsAny((byte)'\\', (byte)0) && segment.IndexOf("%2"u8) < 0;

    private SafeFileHandle? OpenBelowRoot(string file)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = FileOpening.TryOpen(file);
            if (handle is not null && IsBelowRoot(handle, file))
                return handle;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Gone since it was looked for, or not for us to read: to the client it does not exist.
        }

        handle?.Dispose();
        return null;
    }

    private bool IsBelowRoot(SafeFileHandle handle, string file)
    {
        string link = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{handle.DangerousGetHandle()}");
        string? real = OperatingSystem.IsLinux() ? new FileInfo(link).LinkTarget : RealPath(file);
        return real is not null && real.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    /// <summary>The path with every link in it followed.</summary>
    private static string RealPath(string path)
    {
        string real = Path.GetPathRoot(path)!;
        string[] segments = path[real.Length..].Split(
            Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        foreach (string segment in segments)
        {
            real = Path.Combine(real, segment);
            FileSystemInfo entry = Directory.Exists(real) ? new DirectoryInfo(real) : new FileInfo(real);
            if (entry.LinkTarget is not null)
                real = RealPath(entry.ResolveLinkTarget(returnFinalTarget: true)!.FullName);
        }

        return real;
    }
}
