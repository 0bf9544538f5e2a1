/** Style sheets are put into one by the build. */
declare module '*.css';
