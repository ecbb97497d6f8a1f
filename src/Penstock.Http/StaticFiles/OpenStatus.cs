namespace Penstock.Http.StaticFiles;

/// <summary>What became of opening a file. Only <see cref="NotFound"/> says that it is not there.</summary>
internal enum OpenStatus
{
    /// <summary>A file with a length is open.</summary>
    Opened,

    /// <summary>The path names a directory and does not end in a slash.</summary>
    Directory,

    /// <summary>There is no such file, or none to serve.</summary>
    NotFound,

    /// <summary>It is there and may not be read.</summary>
    Forbidden,

    /// <summary>It may be there: no descriptor was left, or the disk failed.</summary>
    Failed,
}
