// Without the fonts of the theme: the system's are there already.
import Theme from 'vitepress/theme-without-fonts';
import './style.css';

export default Theme;
