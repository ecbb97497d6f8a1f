namespace Penstock.Simulation.Tests.Files;

/// <summary>What can go wrong with files in a simulation.</summary>
internal enum DiskFault
{
    /// <summary>A file or directory cannot be opened, for a want of descriptors or of permission.</summary>
    Open,

    /// <summary>A file cannot be made.</summary>
    Create,

    /// <summary>The names in a directory cannot be read.</summary>
    List,

    /// <summary>A read fails.</summary>
    Read,

    /// <summary>A read returns fewer bytes than there are.</summary>
    ShortRead,

    /// <summary>A write fails; some of its bytes may be in the file.</summary>
    Write,

    /// <summary>A write takes fewer bytes than it was given.</summary>
    ShortWrite,

    /// <summary>There is no room for a while.</summary>
    Full,

    /// <summary>A file cannot be made shorter.</summary>
    Truncate,

    /// <summary>The sync of a file fails, and what it should have written may be lost.</summary>
    Sync,

    /// <summary>The sync of a directory fails, and what it should have written may be lost.</summary>
    DirectorySync,

    /// <summary>A file does not get its new name.</summary>
    Rename,

    /// <summary>A file is not deleted.</summary>
    Delete,

    /// <summary>The system has an error left to tell when a file is closed.</summary>
    Close,

    /// <summary>The system writes a page before it is asked to.</summary>
    WriteBack,

    /// <summary>Others do something between two calls.</summary>
    Interleaving,
}
