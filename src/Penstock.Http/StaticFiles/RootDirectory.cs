using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Penstock.Http.StaticFiles;

/// <summary>Opens files below one directory and never any other, whatever the path says or links to.</summary>
/// <remarks>
/// A path is refused for what is in it: empty segments, dots, NUL, a backslash. Where links lead is seen after opening,
/// on Linux from the descriptor itself; elsewhere from the path, segment by segment. The directory may be a link
/// itself. Where that leads is looked up for every file, because putting a new version in place by turning a link is
/// how sites are published.
/// </remarks>
internal sealed class RootDirectory
{
    private readonly string _root;
    private readonly byte[] _rootName;

    public RootDirectory(string root)
    {
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if (!Directory.Exists(_root))
            throw new DirectoryNotFoundException($"There is no directory '{root}'.");
        _rootName = Encoding.UTF8.GetBytes(_root + "\0");
    }

    /// <summary>
    /// Opens the file that a decoded path names, without its first slash; one that ends in a slash, or is empty, means
    /// the index of a directory.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="file">The file, when it is opened.</param>
    /// <param name="error">The error's number, or what the runtime calls it, when the status is not Opened.</param>
    public OpenStatus TryOpen(ReadOnlySpan<byte> path, out SafeFileHandle? file, out int error)
    {
        file = null;
        error = 0;
        if (!IsPlain(path))
            return OpenStatus.NotFound;
        bool isDirectory = path.IsEmpty || path[^1] == '/';
        ReadOnlySpan<byte> name = isDirectory ? StaticFileEndpoint.IndexNameBytes : default;
        byte[] below = [.. path, .. name, 0];
        OpenStatus status = OperatingSystem.IsLinux()
            ? OpenDescriptor(below, out file, out error)
            : OpenPath(Path.Combine(_root, Encoding.UTF8.GetString(below.AsSpan(..^1))), out file, out error);

        // The index itself may be a directory, to which there is no way but by its own name.
        return status == OpenStatus.Directory && isDirectory ? OpenStatus.NotFound : status;
    }

    /// <summary>Whether every segment is a name, and not a way to another directory.</summary>
    private static bool IsPlain(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
            return true;
        if (path[^1] == '/')
            path = path[..^1];
        foreach (Range range in path.Split((byte)'/'))
        {
            ReadOnlySpan<byte> segment = path[range];
            if (segment.IsEmpty || segment.SequenceEqual("."u8) || segment.SequenceEqual(".."u8) ||
                segment.ContainsAny((byte)'\\', (byte)0))
                return false;
        }

        return true;
    }

    [SupportedOSPlatform("linux")]
    private OpenStatus OpenDescriptor(ReadOnlySpan<byte> path, out SafeFileHandle? file, out int error)
    {
        file = null;
        using SafeFileHandle? root = FileCalls.TryOpenDirectory(_rootName, out error);
        if (root is null)
            return StatusOf(error);
        SafeFileHandle? opened = FileCalls.TryOpen(root, path, out error);
        if (opened is null)
            return StatusOf(error);
        OpenStatus status = FileCalls.IsBelow(root, opened) ? Look(opened) : OpenStatus.NotFound;
        if (status == OpenStatus.Opened)
            file = opened;
        else
            opened.Dispose();
        return status;
    }

    [SupportedOSPlatform("linux")]
    private static OpenStatus StatusOf(int error) => error switch
    {
        FileCalls.ENOENT or FileCalls.ENOTDIR or FileCalls.ENAMETOOLONG or FileCalls.ELOOP => OpenStatus.NotFound,

        // A socket, or a device that nobody drives.
        FileCalls.ENXIO or FileCalls.ENODEV => OpenStatus.NotFound,
        FileCalls.EACCES or FileCalls.EPERM => OpenStatus.Forbidden,
        _ => OpenStatus.Failed,
    };

    /// <summary>A pipe, and what else has no length, is none to serve.</summary>
    private static OpenStatus Look(SafeFileHandle file)
    {
        if ((File.GetAttributes(file) & FileAttributes.Directory) != 0)
            return OpenStatus.Directory;
        try
        {
            RandomAccess.GetLength(file);
            return OpenStatus.Opened;
        }
        catch (NotSupportedException)
        {
            return OpenStatus.NotFound;
        }
    }

    private OpenStatus OpenPath(string path, out SafeFileHandle? file, out int error)
    {
        file = null;
        error = 0;
        try
        {
            if (!Exists(path) || !IsBelowRoot(path))
                return OpenStatus.NotFound;
            if (Directory.Exists(path))
                return OpenStatus.Directory;
            SafeFileHandle opened = File.OpenHandle(path);
            OpenStatus status = Look(opened);
            if (status == OpenStatus.Opened)
                file = opened;
            else
                opened.Dispose();
            return status;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return OpenStatus.NotFound;
        }
        catch (UnauthorizedAccessException)
        {
            return OpenStatus.Forbidden;
        }
        catch (IOException exception)
        {
            error = exception.HResult;
            return OpenStatus.Failed;
        }
    }

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    private bool IsBelowRoot(string path)
    {
        string root = RealPath(_root);
        string real = RealPath(path);
        return real == root || Path.EndsInDirectorySeparator(root)
            ? real.StartsWith(root, StringComparison.Ordinal)
            : real.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal);
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
