namespace HookAot.Host;

/// <summary>A setting of the kernel's: a file of a few bytes in /proc/sys or /sys.</summary>
internal static class KernelSetting
{
    private const int MaxBytes = 64;

    /// <summary>Whether a setting has a value; one that cannot be read has none.</summary>
    /// <param name="path">The setting's file.</param>
    /// <param name="value">The value, in ASCII.</param>
    public static bool Is(string path, string value)
    {
        var fd = Descriptor.Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK);
        if (fd < 0) return false;
        Span<byte> buffer = stackalloc byte[MaxBytes];
        var count = Descriptor.Read(fd, buffer);
        _ = Libc.close(fd);
        return count > 0 && System.Text.Ascii.Equals(buffer[..count].Trim(" \t\r\n"u8), value);
    }

    /// <summary>Gives a setting a value.</summary>
    /// <returns>0, or the error's number.</returns>
    public static int Set(string path, string value)
    {
        var fd = Descriptor.Open(path, Libc.O_WRONLY | Libc.O_NONBLOCK);
        if (fd < 0) return Libc.LastErrorNumber;
        var error = Descriptor.WriteAll(fd, System.Text.Encoding.ASCII.GetBytes(value));
        _ = Libc.close(fd);
        return error;
    }
}
